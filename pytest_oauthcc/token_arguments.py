"""The arguments with which a test describes a token, or a certificate, that it wants."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pytest_oauthcc.core.templates import OMIT
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.options import check_option

__all__ = ["check_lifetime", "check_token_arguments"]

_LONGEST = 1e11  # seconds; some three thousand years


def check_token_arguments(
    where: str,
    *,
    token_format: str,
    expires_in: Any,
    claims: Any,
    client_id: Any,
    alg: Any,
    headers: Any,
) -> None:
    """
    Check what a test says of a token.

    Args:
        where: Which method was called, for the message.
        token_format: ``"jwt"`` or ``"opaque"``, as the provider has it.
        expires_in: Seconds, or None.
        claims: A table of JSON values and ``OMIT``, or None.
        client_id: A text, or None.
        alg: A JOSE algorithm, or None.
        headers: A table of JSON values, or None.

    Raises:
        OptionError: One of them is of the wrong type or out of range, or makes no sense for the provider's tokens.
    """
    __tracebackhide__ = True
    if client_id is not None:
        check_option("client_id", client_id, where, {})
    if alg is not None:
        check_option("signing_alg", alg, where, {})
    check_lifetime(where, expires_in)
    for name, table in (("claims", claims), ("headers", headers)):
        if table is not None and not _is_json_table(table):
            raise OptionError(f"{where}: {name} takes a table of JSON values; pytest_oauthcc.OMIT leaves a claim out")
    if headers is not None and "alg" in headers:
        raise OptionError(f"{where}: the algorithm goes by its own name: alg={headers['alg']!r}")
    if token_format == "opaque" and (claims or headers or alg):  # noqa: S105 - a format, not a token
        raise OptionError(
            f"{where}: the tokens of this provider are opaque, and have no claims, header or algorithm; "
            "give it token_format='jwt'"
        )


def check_lifetime(where: str, expires_in: Any) -> None:
    """
    Check a lifetime that a test gives.

    Args:
        where: Which method was called, for the message.
        expires_in: Seconds, or None.

    Raises:
        OptionError: It is no number, or thousands of years long.
    """
    __tracebackhide__ = True
    is_number = isinstance(expires_in, int | float) and not isinstance(expires_in, bool)
    if expires_in is not None and not (is_number and abs(expires_in) < _LONGEST):
        raise OptionError(f"{where}: expires_in is {expires_in!r}; it takes a number of seconds")


def _is_json_table(table: object) -> bool:
    if not isinstance(table, Mapping) or not all(isinstance(name, str) for name in table):
        return False
    try:
        json.dumps([value for value in table.values() if value is not OMIT], allow_nan=False)  # RFC 8259 section 6
    except (TypeError, ValueError, RecursionError):
        return False
    return True
