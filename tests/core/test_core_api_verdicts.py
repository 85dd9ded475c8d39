"""What the fake says of each other request that it refuses, word for word: a failing test shows these sentences."""

from __future__ import annotations

import pytest
from core_requests import (
    INTROSPECTION_URL,
    OPTIONAL,
    OTHER_KEY,
    REQUIRED,
    bring,
    call,
    call_after,
    call_bound,
    call_for,
    call_for_scope,
    call_revoked,
    call_unbound,
    call_without_proof,
    case,
    inform,
    revoke_of_another,
)
from core_world import CLIENT_ID, FORM, NOW, SECRET, World, basic
from test_core_token_verdicts import TOKEN_REQUESTS

from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.dialect import ApiDialect, Dialect
from pytest_oauthcc.core.dpop import token_hash

API_REQUESTS = {
    "no token": case(
        call(token=None),
        Cause.TOKEN_MISSING,
        "the request has no Authorization header, and so no token",
        {"header": "Authorization", "scheme": "Bearer"},
    ),
    "no token in a header of its own": case(
        call(token=None),
        Cause.TOKEN_MISSING,
        "the request has no X-Token header, and so no token",
        {"header": "X-Token", "scheme": ""},
        dialect=Dialect(api=ApiDialect(header="X-Token", scheme="")),
    ),
    "token in the query": case(
        call(token=None, path="orders?access_token=t"),
        Cause.TOKEN_MISSING,
        "the request carries its token in the query; this API takes it in the Authorization header only",
        {"where": "query"},
    ),
    "token twice": case(
        call(method="POST", headers={"Content-Type": FORM}, body=b"access_token=t"),
        Cause.TOKEN_TWICE,
        "the request carries a token in the Authorization header and another in the body",
        {"where": "body"},
    ),
    "another scheme": case(
        bring(basic()),
        Cause.TOKEN_MISSING,
        "the Authorization header has the scheme 'Basic'; this API takes 'Bearer' and one blank before the token",
        {"scheme": "Basic"},
    ),
    "no scheme": case(
        bring("eyJhbGciOiJFUzI1NiJ9.e30.c2ln"),
        Cause.TOKEN_MALFORMED,
        "the Authorization header has no scheme; this API takes 'Bearer' and one blank before the token",
        {"scheme": ""},
    ),
    "scheme alone": case(
        bring("Bearer "),
        Cause.TOKEN_MALFORMED,
        "nothing stands after Bearer in the Authorization header",
        {"value": None},
    ),
    "scheme twice": case(
        bring("Bearer Bearer abc"),
        Cause.TOKEN_MALFORMED,
        "the word Bearer stands twice in the Authorization header",
        {"value": None},
    ),
    "white space": case(
        bring("Bearer  abc"),
        Cause.TOKEN_MALFORMED,
        "there is white space around the token in the Authorization header",
        {"value": None},
    ),
    "other characters": case(
        bring("Bearer {abc}"),
        Cause.TOKEN_MALFORMED,
        "what stands after Bearer has characters that no bearer token has (RFC 6750 section 2.1)",
        {"value": None},
    ),
    "None": case(
        bring("Bearer None"),
        Cause.TOKEN_UNKNOWN,
        "the token is the word 'None': the client sent what it has when it has no token",
        {"earlier": False},
    ),
    "unknown": case(
        bring("Bearer abc"), Cause.TOKEN_UNKNOWN, "this provider never issued the token", {"earlier": False}
    ),
    "revoked": case(call_revoked, Cause.TOKEN_REVOKED, "the token was revoked"),
    "expired": case(call_after(131), Cause.TOKEN_EXPIRED, "the token expired 30 s ago", expires_in=100),
    "expired now": case(call_after(101), Cause.TOKEN_EXPIRED, "the token has just expired", expires_in=100),
    "not yet": case(
        lambda world: world.call(world.state.issue(CLIENT_ID, (), now=NOW, claims={"nbf": NOW + 30}).value),
        Cause.TOKEN_NOT_YET_VALID,
        "the token is good from its nbf on only, in 30 s (RFC 7519 section 4.1.5)",
    ),
    "audience": case(
        call_for(("https://c.test", "https://d.test"), "https://a.test", "https://b.test"),
        Cause.TOKEN_AUDIENCE,
        "the token is for https://c.test and https://d.test; this API is https://a.test or https://b.test",
    ),
    "scope": case(
        call_for_scope("c b a", scope="b d"),
        Cause.INSUFFICIENT_SCOPE,
        "the token lacks the scope a c; it has b d",
        {"lacking": ("a", "c")},
    ),
    "no scope": case(
        call_for_scope("a"), Cause.INSUFFICIENT_SCOPE, "the token lacks the scope a; it has none", {"lacking": ("a",)}
    ),
    "no header": case(
        lambda world: (world.api.require(headers={"X-Tenant": "t"}), world.call(world.token()))[1],
        Cause.API_MISSING_HEADER,
        "the header X-Tenant is missing",
        {"header": "X-Tenant"},
        headers={},
    ),
    "wrong header": case(
        lambda world: (
            world.api.require(headers={"X-Tenant": "t"}),
            world.call(world.token(), headers={"X-Tenant": "u"}),
        )[1],
        Cause.API_WRONG_HEADER,
        "the header X-Tenant has a wrong value",
        {"header": "X-Tenant"},
    ),
    "unbound token where only bound ones are taken": case(
        lambda world: world.call(world.state.issue(CLIENT_ID, (), now=NOW).value),
        Cause.TOKEN_BINDING,
        "the token is bound to no key; this API takes DPoP tokens only (RFC 9449 section 7.2)",
        **REQUIRED,
    ),
    "bound token as Bearer": case(
        call_bound(scheme="Bearer"),
        Cause.TOKEN_BINDING,
        "the token is bound to a key, and was sent as Bearer; it has to be sent as DPoP with a proof",
        **OPTIONAL,
    ),
    "unbound token as DPoP": case(
        call_unbound("DPoP"),
        Cause.TOKEN_BINDING,
        "the token was sent as DPoP, but is bound to no key; its token_type is Bearer",
        **OPTIONAL,
    ),
    "no proof": case(
        call_without_proof,
        Cause.BAD_DPOP_PROOF,
        "the token was sent as DPoP, and there is no header DPoP with a proof",
        **OPTIONAL,
    ),
    "proof by another key": case(
        call_bound(key=OTHER_KEY),
        Cause.TOKEN_BINDING,
        "the token is bound to another key than that of the proof",
        **OPTIONAL,
    ),
    "proof without the token": case(
        call_bound(ath=...), Cause.BAD_DPOP_PROOF, "the proof's ath is missing", **OPTIONAL
    ),
    "proof for another token": case(
        call_bound(ath=token_hash("another")),
        Cause.BAD_DPOP_PROOF,
        "the proof's ath is not the hash of the token that came with it",
        **OPTIONAL,
    ),
}

OTHER_REQUESTS = {
    "method": (
        inform(INTROSPECTION_URL, {"token": "t"}, method="GET"),
        Cause.WRONG_METHOD,
        "the request is a GET; this endpoint takes POST",
    ),
    "duplicates": (
        inform(INTROSPECTION_URL, body="token=t&token=u"),
        Cause.DUPLICATE_PARAMETER,
        "the parameter token came more than once",
    ),
    "content type": (
        inform(INTROSPECTION_URL, {"token": "t"}, kind="text/plain"),
        Cause.WRONG_CONTENT_TYPE,
        f"the Content-Type is text/plain, and this provider wants {FORM}",
    ),
    "two methods of authentication": (
        inform(INTROSPECTION_URL, {"token": "t", "client_id": CLIENT_ID, "client_secret": SECRET}),
        Cause.TWO_AUTH_METHODS,
        "the request authenticates in two ways at once",
    ),
    "wrong secret": (
        inform(INTROSPECTION_URL, {"token": "t"}, authorization=basic(secret="x")),
        Cause.BAD_SECRET,
        f"the client_secret of '{CLIENT_ID}' is wrong",
    ),
    "no token": (
        inform(INTROSPECTION_URL, {"a": "b"}),
        Cause.MISSING_PARAM,
        "the parameter token is missing",
    ),
    "token of another": (
        revoke_of_another,
        Cause.UNAUTHORIZED_CLIENT,
        "the token was issued to another client",
    ),
}


@pytest.mark.parametrize(
    ("request_of", "cause", "detail", "facts", "dialect", "settings"), API_REQUESTS.values(), ids=API_REQUESTS
)
def test_a_refused_api_request_is_explained(request_of, cause, detail, facts, dialect, settings):
    """The verdict on an API request does so, too, and has the token where there is one that the fake knows."""
    entry = request_of(World(dialect, **settings)).entry

    told = dict(entry.verdict.facts)
    token = told.pop("token", None)
    assert (entry.verdict.cause, entry.verdict.detail, told) == (cause, detail, facts)
    about_the_token = {
        Cause.TOKEN_EXPIRED,
        Cause.TOKEN_NOT_YET_VALID,
        Cause.TOKEN_REVOKED,
        Cause.TOKEN_AUDIENCE,
        Cause.TOKEN_BINDING,
        Cause.INSUFFICIENT_SCOPE,
    }
    assert token is (entry.token if cause in about_the_token else None)


@pytest.mark.parametrize(("request_of", "cause", "detail"), OTHER_REQUESTS.values(), ids=OTHER_REQUESTS)
def test_a_refused_question_about_a_token_is_explained(request_of, cause, detail):
    """Introspection and revocation say what they refuse as well."""
    verdict = request_of(World()).entry.verdict

    assert (verdict.cause, verdict.detail) == (cause, detail)


def test_no_cause_is_left_out():
    """Every cause stands in the tables, but for those that certificates, licences and forgeries have to themselves."""
    told = {row[1] for table in (TOKEN_REQUESTS, API_REQUESTS) for row in table.values()}

    assert set(Cause) - told == {Cause.BAD_CERTIFICATE, Cause.MISSING_CERTIFICATE, Cause.NO_LICENCE}
