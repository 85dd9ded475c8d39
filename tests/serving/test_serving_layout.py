"""Where the endpoints of a provider are on one server."""

from __future__ import annotations

import pytest

from pytest_oauthcc import standalone
from pytest_oauthcc.serving.layout import Layout

HERE = "http://here.test:81"


def layout(**options):
    """Make the layout of a provider with these options."""
    return Layout(standalone(**options).authority)


@pytest.mark.parametrize(
    ("options", "token_url", "api_url", "issuer"),
    [
        ({}, "/oauth/token", "/api/", ""),
        (
            {"token_url": "https://one.test/t", "api_url": "https://one.test/v1", "issuer": "https://one.test/as/"},
            *("/t", "/v1", "/as/"),
        ),
        ({"token_url": "https://one.test/t", "api_url": "https://one.test/"}, "/t", "/", ""),
        ({"token_url": "https://one.test/t", "api_url": "https://two.test/v2"}, "/t", "/api/v2", ""),
        ({"token_url": "https://one.test/api/t", "api_url": "https://two.test/"}, "/api/t", "/api-2/", ""),
        ({"token_url": "https://one.test/api/v2", "api_url": "https://two.test/v2"}, "/api/v2", "/api-2/v2", ""),
        ({"token_url": "https://one.test/t?v=2"}, "/t?v=2", "/api/", ""),
        (
            {"token_url": "https://one.test/introspect", "issuer": "https://two.test:8443"},
            *("/introspect", "/api/", "/two.test-8443"),
        ),
        ({"token_url": "https://one.test/t", "issuer": "https://two.test/x"}, "/t", "/api/", "/x"),
    ],
)
def test_endpoints_keep_their_paths_where_they_can(options, token_url, api_url, issuer):
    """Paths stay as they are; a second host moves aside only where its paths are taken."""
    placed = layout(**options)

    names = placed.names(HERE)

    assert names.token_url == HERE + token_url
    assert names.api_url == HERE + api_url
    assert names.issuer == HERE + issuer
    assert names.jwks_url.startswith(HERE + issuer.rstrip("/"))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"token_url": "https://one.test/t?v=2", "api_url": "https://one.test/v1"},
        {"token_url": "https://one.test/introspect", "issuer": "https://two.test"},
        {"token_url": "http://one.test:80/api/t", "issuer": "http://one.test:81/a/b", "api_url": "http://x.test/y?z=1"},
    ],
)
def test_every_url_leads_back_to_where_it_came_from(options):
    """What is at a path of the server is the provider's own URL, and that URL is called so on the server."""
    fake = standalone(**options)
    placed = Layout(fake.authority)
    own, here = fake.authority.names, placed.names(HERE)
    exact = ("token_url", "metadata_url", "jwks_url", "introspection_url", "revocation_url")

    for name in exact:
        path = getattr(here, name).removeprefix(HERE).partition("?")[0]
        assert placed.find(path) == (getattr(own, name).partition("?")[0], None)
    path = here.api_url.removeprefix(HERE).rstrip("/") + "/a/b"
    base = own.api_url.partition("?")[0].rstrip("/")
    assert placed.find(path) == (f"{base}/a/b", "/a/b")
    assert placed.url_here(HERE, f"{base}/a/b?c=d") == f"{HERE}{path}?c=d"
    assert placed.find("/no/where") is None or here.api_url.rstrip("/") == HERE
    assert len(placed.describe(HERE)) == 6


def test_without_an_api_nothing_is_below_it():
    """A provider without API has nothing but its exact paths."""
    placed = layout(api_url=None)

    assert placed.names(HERE).api_url is None
    assert placed.find("/api/orders") is None
    assert placed.find("/") is None
    assert len(placed.describe(HERE)) == 5
