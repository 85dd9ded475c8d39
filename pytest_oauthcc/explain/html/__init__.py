"""The page of ``--oauthcc-report``: one file that shows what every test of a run exchanged."""

from __future__ import annotations

from pytest_oauthcc.explain.html.page import render
from pytest_oauthcc.explain.html.records import ReportData, exchange_record, record_of_test, report_data

__all__ = ["ReportData", "exchange_record", "record_of_test", "render", "report_data"]
