"""Drift against real servers: a profile that is wrong in some points is told to be wrong in these and in no others."""

from __future__ import annotations

import http.server
import json
import threading

import pytest

SUITE = """
import urllib.parse
import requests

def fetch(oauthcc, secret=None, **form):
    who = urllib.parse.quote_plus(oauthcc.client_id), urllib.parse.quote_plus(secret or oauthcc.client_secret)
    form = {"grant_type": "client_credentials", "scope": "orders:read", **form}
    return requests.post(oauthcc.token_url, form, auth=who, timeout=9)

def call(oauthcc, path, token):
    headers = {} if token is None else {"Authorization": f"Bearer {token}"}
    return requests.get(oauthcc.api_url + path, headers=headers, timeout=9)

def test_token(oauthcc):
    assert fetch(oauthcc).status_code == 200

def test_bad_secret(oauthcc):
    assert fetch(oauthcc, "not-the-secret").status_code >= 400

def test_narrowed(oauthcc):
    assert fetch(oauthcc, scope="orders:read nothing:known").json()["scope"] == "orders:read"

def test_no_token(oauthcc):
    assert call(oauthcc, "orders", None).status_code >= 400

def test_unknown_token(oauthcc):
    assert call(oauthcc, "orders", "nobody-knows-it").status_code >= 400

def test_forbidden(oauthcc):
    oauthcc.api.get("/admin")
    assert call(oauthcc, "admin", fetch(oauthcc).json()["access_token"]).status_code == 403
"""


WRONG = {
    ("authlib_server", "basic"): {
        # the answer with a token: lifetime, token_type, members and their types, headers
        "expires_in = 900": "expires_in = 300",
        'token_type = "Bearer"': 'token_type = "bearer"',
        'expires_in = "{expires_in}"\nscope = "{scope}"\n': 'expires_in = "{expires_in!s}"\nrefresh_expires_in = 0\n',
        "[refusals.bad_secret]\n": '[response_headers]\nContent-Type = "application/vnd.acme+json"\n'
        'Cache-Control = "private"\n\n[refusals.bad_secret]\n',
        # a refusal of the token endpoint: error and challenge
        'error = "invalid_client"\nheaders = { WWW-Authenticate = "Basic error=\\"invalid_client\\", ': (
            'error = "unauthorized"\nheaders = { WWW-Authenticate = "Bearer realm=\\"x\\", error=\\"x\\", '
        ),
        # the API: status, body, media type, challenge
        'status = 403\nerror = "insufficient_scope"\n': 'status = 401\nerror = "insufficient_scope"\n',
        'status = 401\nerror = "missing_authorization"\n': 'status = 401\nerror = "missing_authorization"\n'
        'body = { error = "{error}", code = 7 }\n',
        'status = 401\nerror = "invalid_token"\n': 'status = 401\nerror = "invalid_token"\n'
        'content_type = "text/plain"\nbody = "no"\n',
    },
    ("oidc_provider", "jwt"): {
        # the token itself: header and claims
        'signing_alg = "RS256"': 'signing_alg = "ES256"',
        'typ = "at+jwt"\n': 'typ = "JWT"\n\n[token.jwt_header]\nx5t = "{random}"\n',
        'client_id = "{client_id}"\n': 'cid = "{client_id}"\nroles = ["admin"]\n',
        'aud = "{audience}"': 'aud = "{audiences}"',
        "expires_in = 600": "expires_in = 60",
        # the refusals
        "[refusals.bad_secret]\nstatus = 401": "[refusals.bad_secret]\nstatus = 400",
        ', scope=\\"{scope}\\"" }': '" }',
        'error = "unauthorized"\ndescription = ""\nheaders = { WWW-Authenticate = "Bearer realm=\\"oauthcc\\"" }': (
            'error = "unauthorized"\nchallenge = false'
        ),
    },
}

EXPECTED = {
    "authlib_server": [
        ("API refusal (insufficient_scope): status", "401 insufficient_scope", "403 insufficient_scope"),
        ('API refusal (token_missing): member "code"', "integer", "absent"),
        ('API refusal (token_missing): member "error_description"', "absent", "string"),
        ("API refusal (token_unknown): Content-Type", "text/plain", "application/json"),
        ("API refusal (token_unknown): body", "text", "JSON object"),
        ("token answer: Cache-Control", "without no-store", "no-store"),
        ("token answer: Content-Type", "application/vnd.acme+json", "application/json"),
        ("token answer: lifetime (expires_in)", "300 s", "900 s"),
        ('token answer: member "expires_in"', "string", "integer"),
        ('token answer: member "refresh_expires_in"', "integer", "absent"),
        ('token answer: member "scope"', "absent", "string"),
        ("token answer: token_type", "bearer", "Bearer"),
        ("token refusal (bad_secret): WWW-Authenticate error", "x", "invalid_client"),
        ("token refusal (bad_secret): WWW-Authenticate realm", "present", "absent"),
        ("token refusal (bad_secret): WWW-Authenticate scheme", "Bearer", "Basic"),
        ("token refusal (bad_secret): error", "unauthorized", "invalid_client"),
    ],
    "oidc_provider": [
        ("API refusal (insufficient_scope): WWW-Authenticate scope", "absent", "present"),
        ("API refusal (token_missing): WWW-Authenticate", "absent", "Bearer"),
        ('API refusal (token_missing): member "error_description"', "string", "absent"),
        ('access token: claim "aud"', "array", "string"),
        ('access token: claim "cid"', "string", "absent"),
        ('access token: claim "client_id"', "absent", "string"),
        ('access token: claim "roles"', "array", "absent"),
        ('access token: header "x5t"', "string", "absent"),
        ("access token: header alg", "ES256", "RS256"),
        ("access token: header typ", "JWT", "at+jwt"),
        ("access token: lifetime (exp - iat)", "61 s", "600 s"),
        ("token answer: lifetime (expires_in)", "60 s", "600 s"),
        ("token refusal (bad_secret): status", "400 invalid_client", "401 invalid_client"),
    ],
}


@pytest.mark.parametrize(("server", "client"), WRONG, ids=[name for name, _ in WRONG])
def test_a_wrong_profile(pytester, live, request, server, client):
    """Learned from the server, the profile is right in everything; made wrong, in everything but what was changed."""
    environment = {
        **request.getfixturevalue(server).environment(client),
        "OAUTHCC_SCOPE": "orders:read orders:write",
    }
    pytester.makepyfile(test_it=SUITE)
    live("--oauthcc-learn=learned.toml", environment=environment).assert_outcomes(passed=6)
    learned = (pytester.path / "learned.toml").read_text()
    assert drift_of(pytester, live, learned, environment) == []

    wrong = learned
    for right, replacement in WRONG[server, client].items():
        assert wrong.count(right) == 1, f"{right}\n{learned}"
        wrong = wrong.replace(right, replacement)
    assert drift_of(pytester, live, wrong, environment) == EXPECTED[server]

    # The client may have one scope more at the fake than at the provider.
    environment["OAUTHCC_SCOPE"] += " nothing:known"
    assert drift_of(pytester, live, learned, environment) == [
        ("token answer: scope", "orders:read nothing:known", "orders:read")
    ]


def test_a_wrong_format_of_tokens(pytester, live, oidc_provider):
    """A provider that issues JWTs where the fake does not differs in that, and its claims are nothing to compare."""
    environment = oidc_provider.environment("jwt")
    pytester.makepyfile(test_it=SUITE)
    live("--oauthcc-learn=learned.toml", "-k", "test_token", environment=environment)
    learned = (pytester.path / "learned.toml").read_text().replace('token_format = "jwt"', 'token_format = "opaque"')
    found = drift_of(pytester, live, learned, environment, "-k", "test_token")
    assert found == [("access token: format", "opaque", "JWT")]


def drift_of(pytester, live, profile, environment, *arguments):
    """Run the suite with a profile, and return in what the provider differs from it."""
    (pytester.path / "tried.toml").write_text(profile)
    pytester.makefile(
        ".ini", pytest="[pytest]\noauthcc_profile = tried.toml\nasyncio_default_fixture_loop_scope = function\n"
    )
    result = live("--oauthcc-live-strict", "--oauthcc-drift=drift.json", *arguments, environment=environment)
    rows = json.loads((pytester.path / "drift.json").read_text())["differences"]
    assert result.ret == (1 if rows else 0)
    assert len(rows) == len({row["what"] for row in rows})
    if rows:
        points = "1 point" if len(rows) == 1 else f"{len(rows)} points"
        result.stdout.fnmatch_lines([f"*the fake differs from the provider in {points}"])
    return [(row["what"], row["fake"], row["live"]) for row in rows]


BAD_DAYS = """
import requests

def test_token(oauthcc):
    form = {"grant_type": "client_credentials", "client_id": oauthcc.client_id, "client_secret": oauthcc.client_secret}
    assert requests.post(oauthcc.token_url, form, timeout=9).status_code == STATUS

def test_api(oauthcc):
    assert requests.get(oauthcc.api_url, timeout=9).status_code == STATUS
"""


@pytest.mark.parametrize("status", [429, 500, 502, 503])
def test_a_bad_day_is_no_drift(pytester, live, status):
    """A limit or an outage says nothing about what the provider is like; a strict run that saw nothing else fails."""

    class BadDay(http.server.BaseHTTPRequestHandler):
        def do_POST(self):
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            self.send_response(status)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def do_GET(self):
            self.do_POST()

        def log_message(self, *arguments):
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), BadDay)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    base = f"http://127.0.0.1:{server.server_port}"
    environment = {
        "OAUTHCC_TOKEN_URL": f"{base}/token",
        "OAUTHCC_API_URL": f"{base}/api/",
        "OAUTHCC_CLIENT_ID": "orders",
        "OAUTHCC_CLIENT_SECRET": "s3cr3t-s3cr3t",
    }
    pytester.makepyfile(test_it=BAD_DAYS.replace("STATUS", str(status)))
    try:
        result = live("--oauthcc-drift=drift.json", "--oauthcc-learn=learned.toml", environment=environment)
        strict = live("--oauthcc-live-strict", environment=environment)
        on_workers = live("-n1", environment=environment, subprocess=True)
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
    result.assert_outcomes(passed=2)
    told = "oauthcc: 2 answers of 429 or 5xx not compared: a provider's limit or outage is no drift"
    result.stdout.fnmatch_lines([told, "*ERROR --oauthcc-learn: the provider issued no token*"])
    on_workers.stdout.fnmatch_lines([told])
    drift = json.loads((pytester.path / "drift.json").read_text())
    assert (drift["compared"], drift["passed_over"], drift["differences"]) == (0, 2, [])
    assert strict.ret == 1
    strict.stdout.fnmatch_lines(["*ERROR --oauthcc-live-strict: no answer could be compared*"])
