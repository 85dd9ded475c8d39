"""Why a request was not sent: nothing serves its URL in this test, and which option would."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from pytest_oauthcc.core.authority import site_of
from pytest_oauthcc.core.journal import Exchange
from pytest_oauthcc.explain.hiding import hide, secrets_of
from pytest_oauthcc.explain.showing import columns, shorten
from pytest_oauthcc.masking import mask_url

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from pytest_oauthcc.core.messages import Request

__all__ = ["Served", "not_served"]

_MOST = 12


@dataclass(frozen=True, slots=True)
class Served:
    """
    One thing that is served in a test.

    Args:
        what: ``token endpoint``, ``API``...
        method: The HTTP methods that it takes, for people.
        url: Absolute; of an API the URL that it begins with.
    """

    what: str
    method: str
    url: str


def not_served(
    request: Request,
    served: Sequence[Served],
    *,
    looks_like_token_request: bool,
    claimed_host: bool,
    is_live: bool = False,
    secrets: Iterable[str] = (),
) -> str:
    """
    Explain the refusal of a request that nothing serves.

    Args:
        request: The request.
        served: What is served in the test.
        looks_like_token_request: Whether it is one by its looks.
        claimed_host: Whether its host is one of a provider of the test.
        is_live: Whether other requests of the test go to the real provider.
        secrets: Texts that must not be shown, beside those that the request carries.

    Returns:
        What was refused, what is served, and which option would serve it.
    """
    shown = f"{request.method} {shorten(mask_url(request.url), 200)} is not served in this test"
    if looks_like_token_request:
        shown += ", and it looks like a token request"
    elif claimed_host:
        shown += ", although other URLs of its host are"
    via = f" It was sent by {request.via}." if request.via else ""
    parts = [
        [shown],
        [f"The request was refused; nothing left the process.{via}"],
        list(_what_is_served(request, served)),
        list(_advice(request, served, looks_like_token_request=looks_like_token_request, claimed_host=claimed_host)),
        ["--oauthcc-live reaches the hosts of the target only; its own table may have passthrough = [...]."]
        if is_live
        else [],
    ]
    text = "\n\n".join("\n".join(part) for part in parts if part)
    return hide(text, secrets_of([Exchange(request, 0.0)]) | set(secrets))


def _what_is_served(request: Request, served: Sequence[Served]) -> Iterator[str]:
    if not served:
        yield "nothing is served at this moment: no oauthcc provider is in use."
        yield "Was the request made before the fixture, or after its test had ended (by a thread or task of it)?"
        return
    yield "served in this test:"
    nearest = sorted(served, key=lambda one: -_likeness(one.url, request.url))[:_MOST]
    chosen = [one for one in served if one in nearest]
    yield from columns([[one.what, one.method, mask_url(one.url)] for one in chosen])
    if len(served) > len(chosen):
        yield f"  ... {len(served) - len(chosen):,} more ..."


def _likeness(one: str, other: str) -> float:
    return difflib.SequenceMatcher(None, one, other.partition("?")[0]).ratio()


def _advice(
    request: Request, served: Sequence[Served], *, looks_like_token_request: bool, claimed_host: bool
) -> Iterator[str]:
    whats = {one.what for one in served}
    if looks_like_token_request:
        yield from _near(request.url, [one for one in served if one.what == "token endpoint"])
        rows = [["To serve this URL:", f'@pytest.mark.oauthcc(token_url="{_bare(request.url)}")']]
        if "token endpoint" in whats:
            rows.append(["To use what is served:", "give the client oauthcc.token_url"])
    elif claimed_host:
        yield from _near(request.url, served)
        rows = [["To serve it as the API:", f'@pytest.mark.oauthcc(api_url="{_site(request.split)}/")']]
        if "API" in whats:
            rows.append(["To use the API that is there:", "give the client oauthcc.api_url"])
    else:
        host = request.split.hostname or ""
        rows = [
            ["If it is the API of the client:", f'@pytest.mark.oauthcc(api_url="{_site(request.split)}/")'],
            ["If the client should use the fake:", "give it oauthcc.api_url"],
            ["If you have a stub for it:", _stub_advice(request.via)],
            ["If it may really be sent:", f'@pytest.mark.oauthcc(passthrough=["{host}"])'],
        ]
    yield from columns(rows, indent="")


def _near(url: str, served: Sequence[Served]) -> Iterator[str]:
    """Tell which of what is served the client probably meant."""
    told = next((told for one in served if (told := _difference(url, one)) is not None), None)
    if told is not None:
        yield told
    elif (closest := _closest(url, served)) is not None:
        yield f"Did the client mean {closest.url} ({closest.what})?"


def _stub_advice(via: str) -> str:
    if via == "requests":
        return "responses.add(...) in an active responses mock is left to answer it"
    if via.startswith("httpx"):
        return "respx.mock with a route for it is left to answer it"
    return "make it active before the request is sent (responses, respx, ...), and it is left to answer"


def _difference(url: str, one: Served) -> str | None:
    """Tell the one small thing in which a URL differs from what is served, if it is small."""
    sent, served = urlsplit(url), urlsplit(one.url)
    if _host(sent) != _host(served):
        return None
    path, base, prefix = sent.path or "/", served.path or "/", served.path.rstrip("/")
    told = None
    if site_of(url)[0] != site_of(one.url)[0]:
        told = f"The {one.what} is served at another port or scheme: {one.url}" if path == base else None
    elif path.rstrip("/") == prefix:
        told = f"The {one.what} differs in the slash at the end only: {one.url}"
    elif path.replace("//", "/") == base:
        told = f"The request has two slashes in a row; the {one.what} is {one.url}"
    elif path.lower() == base.lower():
        told = f"The {one.what} differs in upper and lower case only: {one.url}"
    elif one.what == "API" and prefix:
        told = f"api_url is {one.url}: the beginning {prefix} of the path is missing: {one.url.rstrip('/')}{path}"
    return told


def _host(parts: SplitResult) -> str:
    return (parts.hostname or "").lower()


def _closest(url: str, served: Sequence[Served]) -> Served | None:
    here = site_of(url)
    paths = {site_of(one.url)[1]: one for one in served if site_of(one.url)[0] == here[0]}
    found = difflib.get_close_matches(here[1], paths, 1, 0.65)
    return paths[found[0]] if found else None


def _bare(url: str) -> str:
    return mask_url(url).partition("?")[0].partition("#")[0]


def _site(parts: SplitResult) -> str:
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
