"""Live mode against two real servers that are none of our making."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

EXAMPLE = (Path(__file__).parent / "example_orders.py").read_text()


@pytest.fixture(autouse=True)
def example(pytester):
    """The example, as a test file."""
    pytester.makepyfile(test_orders=EXAMPLE)


def test_the_example_passes_against_the_fake(live):
    """Without the flag the example runs against the fake, and what is for live runs only is skipped."""
    result = live("-rs", live=False)
    result.assert_outcomes(passed=10, skipped=1)
    result.stdout.fnmatch_lines(["*only makes sense with --oauthcc-live*"])


def test_the_example_passes_against_a_real_server(live, real_server):
    """With the flag the same file passes against the server, and what only a fake can do is skipped."""
    result = live("-rs", environment=real_server.environment())
    result.assert_outcomes(passed=10, skipped=1)
    host = real_server.urls["token_url"].split("/")[2]
    result.stdout.fnmatch_lines([f"oauthcc: LIVE, target environment: {host}*"])
    result.stdout.fnmatch_lines(["*scripting the token endpoint (fail) is something that only a fake can do"])
    assert real_server.clients["basic"]["client_secret"] not in result.stdout.str()


def test_the_example_passes_with_a_fake_api(live, real_server):
    """A target without an API has the fake one, which takes the real tokens."""
    result = live("-rs", environment=real_server.environment(api=False))
    result.assert_outcomes(passed=10, skipped=1)
    result.stdout.fnmatch_lines(["*(API: fake)"])


def test_the_example_passes_on_several_workers(live, real_server):
    """Workers of pytest-xdist tell their controller what they saw; a path after the flag is a path."""
    environment = real_server.environment()
    result = live("test_orders.py", "-n2", "--oauthcc-drift=d.json", environment=environment)
    result.assert_outcomes(passed=10, skipped=1)
    result.stdout.fnmatch_lines(["oauthcc: 20 live exchanges, 11 compared with the profile standard, * differences"])


@pytest.mark.parametrize("client", ["basic", "jwt"])
def test_a_learned_profile_shows_no_drift(pytester, live, oidc_provider, client):
    """What is learned from oidc-provider passes as a fake, and is like the provider in every point."""
    _learn_and_check(pytester, live, oidc_provider, client)


def test_a_profile_learned_from_authlib_shows_no_drift(pytester, live, authlib_server):
    """The same with Authlib's server."""
    _learn_and_check(pytester, live, authlib_server, "basic")


def _learn_and_check(pytester, live, server, client):
    environment = server.environment(client)
    result = live("--oauthcc-learn=learned.toml", environment=environment)
    result.assert_outcomes(passed=10, skipped=1)
    text = (pytester.path / "learned.toml").read_text()
    for private in (*environment.values(), "127.0.0.1", *(known["client_id"] for known in server.clients.values())):
        assert private not in text, text

    pytester.makefile(
        ".ini", pytest="[pytest]\noauthcc_profile = learned.toml\nasyncio_default_fixture_loop_scope = function\n"
    )
    live(live=False).assert_outcomes(passed=10, skipped=1)

    result = live("--oauthcc-live-strict", "--oauthcc-drift=drift.json", environment=environment)
    result.assert_outcomes(passed=10, skipped=1)
    drift = json.loads((pytester.path / "drift.json").read_text())
    assert drift["differences"] == [], text
    assert drift["compared"] == 11
    assert drift["profile"] == "learned"
    assert result.ret == 0


METHODS = """
import time, requests, jwt, pytest

def assertion(oauthcc, key, alg):
    now = int(time.time())
    claims = {"iss": oauthcc.client_id, "sub": oauthcc.client_id, "aud": oauthcc.issuer, "jti": str(now) + alg,
              "iat": now, "exp": now + 60}
    return {"client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
            "client_assertion": jwt.encode(claims, key, algorithm=alg)}

def test_method(oauthcc):
    method = METHOD
    form = {"grant_type": "client_credentials", "scope": "orders:read"}
    if method == "client_secret_post":
        form |= {"client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
    elif method == "client_secret_jwt":
        form |= assertion(oauthcc, oauthcc.client_secret, "HS256")
    else:
        form |= assertion(oauthcc, oauthcc.private_key, "RS256")
    answer = requests.post(oauthcc.token_url, form, timeout=10)
    assert answer.status_code == 200, answer.text
    oauthcc.assert_token_request(auth_method=method, count=1)

def test_signs_by_a_moved_clock(oauthcc):
    oauthcc.clock.advance(seconds=3600)
    test_method(oauthcc)
"""


@pytest.mark.parametrize(
    ("client", "method"),
    [("post", "client_secret_post"), ("secret-jwt", "client_secret_jwt"), (None, "private_key_jwt")],
)
def test_methods_of_client_authentication(pytester, live, oidc_provider, key_file, client, method):
    """Whatever the target's client authenticates with passes, and the twin of the profile takes it, too."""
    lines = [f'token_url = "{oidc_provider.urls["token_url"]}"', f'auth_methods = ["{method}"]']
    if client is None:
        lines += ['client_id = "key-client"', 'private_key_file_env = "ORDERS_KEY"']
        environment = {"ORDERS_KEY": str(key_file)}
    else:
        found = oidc_provider.clients[client]
        lines += [f'client_id = "{found["client_id"]}"', 'client_secret_env = "ORDERS_SECRET"']
        environment = {"ORDERS_SECRET": found["client_secret"]}
    (pytester.path / "pyproject.toml").write_text("\n".join(["[tool.oauthcc.live.orders]", *lines]))
    pytester.makepyfile(test_orders=METHODS.replace("METHOD", repr(method), 1))
    result = live("--oauthcc-target=orders", "--oauthcc-drift=d.json", "-rs", environment=environment)
    moved = method.endswith("_jwt")
    result.assert_outcomes(passed=1 if moved else 2, skipped=1 if moved else 0)
    drift = json.loads((pytester.path / "d.json").read_text())["differences"]
    assert not [row for row in drift if "status" in row["what"]]
    if moved:
        result.stdout.fnmatch_lines(["*signs its assertion by the moved clock*"])


def test_a_resource_indicator(pytester, live, oidc_provider):
    """A request that names a resource gets a JWT for it, whose claims are compared."""
    pytester.makepyfile(
        test_orders="""
        import requests

        def test_resource(oauthcc):
            form = {"grant_type": "client_credentials", "scope": "orders:read", "resource": "https://api.orders.example"}
            form |= {"client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
            assert requests.post(oauthcc.token_url, form, timeout=10).status_code == 200
            token = oauthcc.token_requests[0].token
            assert token.claims["aud"] == "https://api.orders.example"
            assert token.scopes == {"orders:read"}
            requests.get(oauthcc.api_url + "orders", headers={"Authorization": "Bearer " + token.value}, timeout=10)
            assert oauthcc.api_requests[0].scopes == {"orders:read"}
            admin = requests.get(oauthcc.api_url + "admin", headers={"Authorization": "Bearer " + token.value}, timeout=10)
            assert admin.status_code == 403
            assert requests.get(oauthcc.jwks_url, timeout=10).json()["keys"]
        """
    )
    toml = f'[tool.oauthcc.live.x]\nclient_id = "post-client"\nclient_secret_env = "S"\ntoken_url = "{oidc_provider.urls["token_url"]}"\napi_url = "{oidc_provider.urls["api_url"]}"\njwks_url = "{oidc_provider.urls["jwks_url"]}"\n'
    (pytester.path / "pyproject.toml").write_text(toml)
    environment = {"S": oidc_provider.clients["post"]["client_secret"]}
    result = live("--oauthcc-target=x", environment=environment)
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*status*")
