"""Whom a token is asked for: the parameters ``resource`` (RFC 8707) and ``audience``."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pytest_oauthcc.core.causes import Cause, Verdict

if TYPE_CHECKING:
    from pytest_oauthcc.core.parameters import Parameters

__all__ = ["check_audience", "decide_audience", "same_audience"]


def decide_audience(
    parameters: Parameters, known: tuple[str, ...], *, param: str | None = None, required: bool = False
) -> tuple[str, ...] | Verdict | None:
    """
    Decide whom a token is for.

    Args:
        parameters: Of the token request.
        known: The audiences that the provider knows; none means that it takes any.
        param: The one parameter that names it; None means that both do.
        required: Whether a request has to name somebody.

    Returns:
        The audience, None where the request names nobody, or why it can't be had.
    """
    if not required and "resource" not in parameters.values and "audience" not in parameters.values:
        return None
    resources = parameters.get_all("resource") if param != "audience" else []
    audiences = parameters.get_all("audience") if param != "resource" else []
    for resource in resources:
        if not _is_absolute_uri(resource):
            detail = f"resource is {resource!r}; it has to be an absolute URI without a fragment"
            return Verdict(Cause.UNKNOWN_AUDIENCE, detail, {"resource": resource})
    wanted = tuple(dict.fromkeys([*resources, *audiences]))
    if not wanted:
        if not required:
            return None
        name = param or "audience"
        return Verdict(Cause.MISSING_AUDIENCE, f"the parameter {name} is missing", {"name": name})
    return check_audience(wanted, known)


def check_audience(wanted: tuple[str, ...], known: tuple[str, ...]) -> tuple[str, ...] | Verdict:
    """Return the audience that a request wants, or why it can't be had; ``known`` is as in ``decide_audience``."""
    unknown = [target for target in wanted if known and not any(same_audience(target, other) for other in known)]
    if unknown:
        detail = f"there is no API {' or '.join(unknown)} here; known: {', '.join(known)}"
        return Verdict(Cause.UNKNOWN_AUDIENCE, detail, {"unknown": tuple(unknown)})
    return wanted


def _is_absolute_uri(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return bool(parts.scheme and (parts.netloc or parts.path)) and "#" not in text


def same_audience(one: str, other: str) -> bool:
    """Whether two audiences are the same, but for a slash at the end."""
    return one.rstrip("/") == other.rstrip("/")
