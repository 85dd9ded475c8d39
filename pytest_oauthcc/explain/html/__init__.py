"""The page of ``--oauthcc-report``: one file that shows what every test of a run exchanged."""

from __future__ import annotations

from pytest_oauthcc.explain.html.page import render
from pytest_oauthcc.explain.html.records import ReportData, exchange_record, report_data, test_record

__all__ = ["ReportData", "exchange_record", "render", "report_data", "test_record"]
