"""For each rule that looks at the journal: small clients that break it, and their twins that keep it."""

from __future__ import annotations

from rules_cases import ASSERTION_TYPE, CREDENTIALS, GRANT, Case, asserted, proof
from rules_world import API, CLIENT_ID, FORM, SECRET, basic

OTHER = "https://elsewhere.test/path"


def fetch_twice(w, *, wait=0.0, between=None, **params):
    """Fetch a token, let time pass, and fetch another."""
    w.token(**params)
    w.clock.advance(wait)
    if between is not None:
        between(w)
    w.token(**params)


def call_after(w, seconds, **more):
    """Fetch a token, and use it some seconds later."""
    token = w.token(**more)
    w.clock.advance(seconds)
    w.call(token)


def scripted(w, **members):
    """Let the next token have other members in its answer."""
    w.authority.token_endpoint.alter(**members, times=1)


def refused_call(w, again, **fail):
    """Use a token that the API refuses once, and then once more, or another."""
    token = w.token()
    w.authority.api.fail(**{"error": "invalid_token", **fail}, times=1)
    w.call(token)
    w.call(token if again else None)


def missing_header(w):
    """Be refused by the API for another reason than the token."""
    w.authority.api.require(headers={"X-Key": "k"})
    token = w.token()
    w.call(token)
    w.call(token)


def revoke_and(w, use):
    """Revoke a token, and use it or not."""
    token = w.token()
    w.ask({"token": token}, url="https://auth.test/revoke")
    w.call(token if use else None)
    if use:
        w.call(token)


def typed(w, kind):
    """Get a token of some type, and use it twice."""
    scripted(w, token_type=kind)
    token = w.token()
    w.call(token)
    w.call(token)


def ask_twice(w, first, second):
    """Make two token requests."""
    w.ask({**GRANT, **first})
    w.ask({**GRANT, **second})
    w.ask({**GRANT, **second})


def paused(w, seconds, retry_after=7, **more):
    """Be asked to wait, and come back after some seconds."""
    w.authority.token_endpoint.fail(status=429, retry_after=retry_after, times=1, **more)
    w.ask()
    w.clock.advance(seconds)
    w.ask()


def paused_api(w, path):
    """Be asked to wait by one path of the API, and call one."""
    token = w.token()
    w.authority.api.fail(status=503, retry_after=7, times=1)
    w.call(token)
    w.call(token, url=path)


def dated(w, header):
    """Be asked to wait until a date."""
    w.authority.token_endpoint.reply(503, headers={"Retry-After": header}, body="", times=1)
    w.ask()
    w.ask()


def refused_token_request(w, error, second):
    """Be refused once, and ask again, in the same way or in another."""
    w.authority.token_endpoint.fail(error, times=1)
    w.ask()
    second(w)
    second(w)


def lacking(w, again):
    """Be told that a token lacks a scope, and send it again or not."""
    w.authority.api.require(scope="b")
    token = w.token(scope="a")
    w.call(token)
    w.call(token if again else w.token(scope="b"))


def same_assertion(w):
    """Use one assertion for two token requests."""
    made = asserted(w).parameters.get("client_assertion")
    w.ask({**GRANT, "client_assertion_type": ASSERTION_TYPE, "client_assertion": made}, auth=None)


def proved(w, *jtis, nonces=()):
    """Make token requests with proofs that have these jti, each answered with a nonce where there is one."""
    for position, jti in enumerate(jtis):
        nonce = nonces[position] if position < len(nonces) else None
        w.ask(headers=[("DPoP", proof({"jti": jti, "nonce": nonce}))])


def given_nonce(w, *nonces):
    """Get a nonce with the first answer, and make proofs with these nonces afterwards."""
    w.authority.token_endpoint.reply(400, json={"error": "use_dpop_nonce"}, headers={"DPoP-Nonce": "n1"}, times=1)
    proved(w, "j0", *(f"j{number}" for number in range(1, len(nonces) + 1)), nonces=(None, *nonces))


SEQUENCES = [
    Case("expired-token-sent", lambda w: call_after(w, 3600), lambda w: call_after(w, 3599)),
    Case(
        "expired-token-sent",
        lambda w: (scripted(w, expires_in="3600"), call_after(w, 3601)),
        lambda w: (scripted(w, expires_in=None), call_after(w, 3601)),
        name="where the lifetime was not told",
    ),
    Case("expired-token-sent", lambda w: call_after(w, 3600), lambda w: w.call("unknown"), name="unknown token"),
    Case("token-refetched-while-valid", fetch_twice, lambda w: fetch_twice(w, wait=3000)),
    Case(
        "token-refetched-while-valid",
        lambda w: fetch_twice(w, scope="a"),
        lambda w: (w.token(scope="a"), w.token(scope="b"), w.token(resource="https://a.test/")),
        name="other purpose",
    ),
    Case(
        "token-refetched-while-valid",
        fetch_twice,
        lambda w: fetch_twice(w, between=lambda w: w.authority.state.tokens.revoke(None, w.clock.now)),
        name="revoked",
    ),
    Case("token-refetched-while-valid", fetch_twice, lambda w: refused_call(w, again=False), name="refused by the API"),
    Case(
        "token-refetched-while-valid",
        fetch_twice,
        lambda w: (w.authority.token_endpoint.alter(expires_in=0, times=1), fetch_twice(w)),
        name="no lifetime",
    ),
    Case(
        "token-refetched-while-valid",
        fetch_twice,
        lambda w: (w.authority.token_endpoint.drop_mid_body(times=1), w.ask(), w.ask()),
        name="not delivered",
    ),
    Case(
        "token-refetched-while-valid",
        fetch_twice,
        lambda w: (w.authority.token_endpoint.alter(access_token=None, times=1), w.ask(), w.ask()),
        name="an answer without a token",
    ),
    Case("rejected-token-reused", lambda w: refused_call(w, again=True), lambda w: refused_call(w, again=False)),
    Case("rejected-token-reused", lambda w: refused_call(w, again=True), missing_header, name="another reason"),
    Case(
        "rejected-token-reused",
        lambda w: (w.call("unknown"), w.call("unknown"), w.call("unknown")),
        lambda w: (w.call("unknown"), w.call("another")),
        name="unknown token",
    ),
    Case("revoked-token-used", lambda w: revoke_and(w, use=True), lambda w: revoke_and(w, use=False)),
    Case(
        "revoked-token-used",
        lambda w: revoke_and(w, use=True),
        lambda w: (w.ask({"token": "unknown", "hint": "x"}, url="https://auth.test/revoke"), w.call()),
        name="another token",
    ),
    Case("unknown-token-type-used", lambda w: typed(w, "mac"), lambda w: typed(w, "BEARER")),
    Case("unknown-token-type-used", lambda w: typed(w, "N_A"), lambda w: typed(w, None), name="none told"),
    Case(
        "parameter-dropped",
        lambda w: ask_twice(w, {"scope": "a", "audience": "x"}, {"scope": "a"}),
        lambda w: ask_twice(w, {"scope": "a"}, {"scope": "b", "audience": "x"}),
    ),
    Case(
        "parameter-dropped",
        lambda w: ask_twice(w, {"scope": "a"}, {}),
        lambda w: (w.ask({**GRANT, **CREDENTIALS}, auth=None), w.ask()),
        name="not the credentials",
    ),
    Case(
        "token-sent-to-another-host",
        lambda w: w.call(url=OTHER),
        lambda w: w.call(auth="", url=OTHER),
    ),
    Case(
        "token-sent-to-another-host",
        lambda w: w.send("POST", OTHER, {"Content-Type": FORM}, f"t={w.token()}&e=".encode()),
        lambda w: w.send("POST", OTHER, {"Content-Type": FORM}, b"t=0123456789abcdef"),
        name="form",
    ),
    Case(
        "token-sent-to-another-host",
        lambda w: w.send("GET", f"{OTHER}?t={w.token()}"),
        lambda w: w.send("GET", f"{OTHER}?t=0123456789abcdef", {"Authorization": "Bearer x", "Cookie": "a=b"}),
        name="URL",
    ),
    Case(
        "secret-sent-to-another-host",
        lambda w: w.ask({**GRANT, **CREDENTIALS}, auth=None, url=OTHER),
        lambda w: w.ask(auth=basic("someone", "else"), url=OTHER),
    ),
    Case(
        "secret-sent-to-another-host",
        lambda w: w.ask(url=OTHER),
        lambda w: w.ask(auth="Basic %%", url=OTHER, body=b"&".join([b"a=1"] * 3)),
        name="Basic",
    ),
    Case(
        "secret-sent-to-another-host",
        lambda w: w.ask({**GRANT, "client_assertion": "a.b.c"}, auth=None, url=OTHER),
        lambda w: w.ask({**GRANT, "client_assertion": ""}, auth=None, url=OTHER),
        name="assertion",
    ),
    Case(
        "secret-sent-to-another-host",
        lambda w: w.send("GET", OTHER, {"X-Key": f"k={SECRET}"}),
        lambda w: w.send("GET", OTHER, {"X-Key": CLIENT_ID}),
        name="header",
    ),
    Case("retry-after-ignored", lambda w: paused(w, 6), lambda w: paused(w, 7)),
    Case(
        "retry-after-ignored",
        lambda w: dated(w, "Tue, 14 Nov 2023 22:14:20 GMT"),
        lambda w: dated(w, "Tue, 14 Nov 2023 22:13:00 -0000"),
        name="date",
    ),
    Case(
        "retry-after-ignored",
        lambda w: paused_api(w, API),
        lambda w: paused_api(w, f"{API}/other"),
        name="API",
    ),
    Case("retry-after-ignored", lambda w: paused(w, 1), lambda w: dated(w, "soon"), name="unreadable"),
    Case(
        "retry-after-ignored",
        lambda w: paused(w, 1),
        lambda w: w.authority.token_endpoint.refuse_connection(times=1) and paused(w, 9),
        name="no answer",
    ),
    Case(
        "rejected-credentials-retried",
        lambda w: refused_token_request(w, "invalid_client", lambda w: w.ask()),
        lambda w: refused_token_request(w, "invalid_client", lambda w: w.ask({**GRANT, **CREDENTIALS}, auth=None)),
    ),
    Case(
        "rejected-credentials-retried",
        lambda w: (w.ask(auth=basic(secret="wrong")), w.ask(auth=basic(secret="wrong"))),
        lambda w: (w.ask(auth=basic(secret="wrong")), w.ask()),
        name="wrong secret",
    ),
    Case(
        "rejected-request-retried",
        lambda w: refused_token_request(w, "invalid_scope", lambda w: w.ask()),
        lambda w: refused_token_request(w, "temporarily_unavailable", lambda w: w.ask()),
    ),
    Case("insufficient-scope-retried", lambda w: lacking(w, again=True), lambda w: lacking(w, again=False)),
    Case(
        "insufficient-scope-retried",
        lambda w: refused_call(w, again=True, error="insufficient_scope", status=403),
        lambda w: refused_call(w, again=True, error=None, status=500),
        name="scripted",
    ),
    Case(
        "rejected-request-retried",
        lambda w: refused_token_request(w, "invalid_request", lambda w: w.ask()),
        lambda w: (w.authority.token_endpoint.reply(502, body="{oops", times=2), w.ask(), w.ask()),
        name="an answer that is no JSON",
    ),
    Case(
        "insufficient-scope-retried",
        lambda w: lacking(w, again=True),
        lambda w: (w.authority.api.refuse_connection(times=1), w.call("t"), w.call("t")),
        name="no answer",
    ),
    Case("assertion-reused", same_assertion, lambda w: (asserted(w), asserted(w, {"jti": "j2"}))),
    Case("dpop-proof-reused", lambda w: proved(w, "a", "b", "a"), lambda w: proved(w, "a", "b")),
    Case("dpop-proof-reused", lambda w: proved(w, "a", "a"), lambda w: proved(w, None, None), name="no jti"),
    Case("dpop-nonce-ignored", lambda w: given_nonce(w, None), lambda w: given_nonce(w, "n1")),
    Case("dpop-nonce-ignored", lambda w: given_nonce(w, "n0"), lambda w: given_nonce(w, "n1", "n1"), name="older"),
]
