"""Writes docs/api-contract.md from the table of checks: ``python docs/make_api_contract.py``."""

# ruff: noqa: E501 - the text of a page

from __future__ import annotations

from pathlib import Path

from pytest_oauthcc.contract import ApiContract
from pytest_oauthcc.contract.api_table import API_CHECKS
from pytest_oauthcc.contract.binding import checks_of

HEAD = """# The contract for APIs

<!-- Made by docs/make_api_contract.py from pytest_oauthcc/contract/api_table.py and api_forged_table.py. -->

For those who write the API, and so have to check tokens: write one fixture, and every forgery is thrown at it.

```python
import pytest
from fastapi.testclient import TestClient
from pytest_oauthcc import ApiContract

class TestOrdersApi(ApiContract):
    scope = "orders:read"                    # what the API demands for this request; leave it out where it demands none

    @pytest.fixture
    def send(self, oauthcc):                 # returns a sync or async callable; each call makes one request to the API
        app = create_app(issuer=oauthcc.issuer, jwks_url=oauthcc.jwks_url, audience=oauthcc.api_url)
        client = TestClient(app)
        return lambda headers, params=None: client.get("/orders", headers=headers, params=params)
```

- `send(headers)` returns the status of the answer, or the answer itself (anything with `status_code`, `status` or `code`);
  with the answer `WWW-Authenticate` is looked at as well. An exception that has a status, such as the `HTTPException` of a
  function that checks tokens, counts as the answer that the framework makes of it. If `send` takes `params`, too, a token in
  the query is tried.
- The API fetches the keys from `oauthcc.jwks_url` with whatever it uses (PyJWT's `PyJWKClient`, requests, httpx, httpx2), or
  asks `oauthcc.introspection_url`. In another process or by another library it takes `oauthcc_server.jwks_url` and the like.
  `iss` and `aud` of the tokens are always `oauthcc.issuer` and `oauthcc.api_url`.
- `waived`, `not_applicable`, `advice`, `run_async` and the summary at the end of the run are those of
  [the contract for clients](contract.md).
- What can't be decided is skipped with the reason: the keys of an API that introspects, revoked tokens for one that does
  not, and what needs a moved clock where the API runs in another process.

| the API is written in | `send` returns |
|---|---|
| FastAPI, Starlette | `client.get("/orders", headers=headers, params=params)` of a `TestClient(app)`, or of an `httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://orders.example")` |
| Flask | `client.get("/orders", headers=headers, query_string=params)` of `app.test_client()` |
| Django | `client.get("/orders", params, headers=headers)` of `django.test.Client()` or `AsyncClient()` |
| aiohttp | `client.get("/orders", headers=headers, params=params)` of a `TestClient(TestServer(app))` that `run_async` has started |
| anything, and runs somewhere else | nothing: the fixture returns the URL, such as `"http://127.0.0.1:8000/orders"`, to which GET requests are sent |

Let a test client answer 500 to an exception in the API, as a server would, and not raise it: `raise_server_exceptions=False`
(FastAPI, Starlette), `raise_request_exception=False` (Django).

One forged token alone, for a test of your own: `oauthcc.forge("alg-none")`; all of them, one test each: the fixture
`oauthcc_forged_token`.

## The checks

| check | level | source | what is sent | what to do | test |
|---|---|---|---|---|---|
"""


def page() -> str:
    """Return the page."""
    tests = {check.id: name for name, _, check in checks_of(ApiContract)}
    rows = [
        f"| `{check.id}` | {check.level} | {check.source} | {check.provoked} | {check.remedy} | `{tests[check.id]}` |\n"
        for check in API_CHECKS.values()
    ]
    return HEAD + "".join(rows)


if __name__ == "__main__":
    (Path(__file__).parent / "api-contract.md").write_text(page(), encoding="utf-8")
