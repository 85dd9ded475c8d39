"""Graphnet, system to system: one test for each rule of its document."""

from __future__ import annotations

import pytest

URL = "https://coret1.syhapp.com/vlive/hpca/oauth/token"
BODY = {"grant_type": "client_credentials", "client_id": "acme", "client_secret": "s3cret"}


@pytest.fixture
def send(begin):
    return begin("graphnet", client_id="acme", client_secret="s3cret")


def test_g1_token_request_is_a_post_to_the_documented_url(send):
    """The URL is the document's own, and GET is refused."""
    assert send.provider.token_url == URL
    assert send("POST", URL, form=BODY).status == 200
    assert send("GET", URL).status == 405


def test_g2_body_is_a_form(send):
    """JSON is refused, and so is a body without a media type."""
    assert send.token(json=BODY).json["error"] == "invalid_request"
    assert send.token(BODY, headers={"Content-Type": "text/plain"}).status == 400


@pytest.mark.parametrize(
    ("missing", "error"),
    [("grant_type", "invalid_request"), ("client_id", "invalid_client"), ("client_secret", "invalid_client")],
)
def test_g3_body_has_the_three_parameters(send, missing, error):
    """Each one that is missing gets its own error."""
    body = {name: value for name, value in BODY.items() if name != missing}
    assert send.token(body).json["error"] == error


def test_g3_line_breaks_of_the_print_are_not_part_of_the_body(send):
    """A client that copies the layout sends a value with a line break in it, and the refusal shows it."""
    content = b"grant_type=client_credentials\n&client_id=acme\n&client_secret=s3cret"
    refused = send.token(content=content, headers={"Content-Type": "application/x-www-form-urlencoded"})
    assert refused.json["error"] == "unsupported_grant_type"
    assert "client_credentials/n" in refused.json["error_description"]  # error_description can't hold a backslash


def test_g4_neither_scope_nor_header_is_needed(begin):
    """Access was agreed beforehand: a request without scope gets it."""
    send = begin("graphnet", client_id="acme", client_secret="s3cret", scopes="patients appointments")
    assert send.token(BODY).status == 200
    assert send.provider.token_requests[0].token.scopes == {"patients", "appointments"}


def test_g5_answer_has_exactly_the_documented_members(send):
    """No expires_in, no scope, and a refresh_token that is null; the token is a JWT signed with RS256."""
    import jwt

    answer = send.token(BODY)
    token = answer.json["access_token"]
    assert answer.status == 200
    assert answer.json == {"token_type": "Bearer", "access_token": token, "refresh_token": None}
    assert b'"refresh_token": null' in answer.body
    assert jwt.get_unverified_header(token)["alg"] == "RS256"


def test_g6_every_api_call_carries_the_authorization_header(send):
    """The prose spells it Authorisation once; the sample is right, and so is the fake."""
    token = send.token(BODY).json["access_token"]
    assert send.api(token).status == 200
    assert send.api(token).status == 200
    assert send.api(headers={"Authorisation": f"Bearer {token}"}).status == 401
    assert send.api().status == 401


def test_g7_token_may_be_used_any_number_of_times(send):
    """A hundred calls with one token."""
    token = send.token(BODY).json["access_token"]
    assert {send.api(token, f"things/{number}").status for number in range(100)} == {200}
    assert len(send.provider.token_requests) == 1


def test_g8_exp_is_the_expiry(begin):
    """From exp on the token is refused; nothing but the token tells when that is."""
    send = begin("graphnet", client_id="acme", client_secret="s3cret", expires_in=600)
    clock = send.provider.clock
    clock.freeze()
    answer = send.token(BODY)
    token = answer.json["access_token"]
    exp = send.provider.token_requests[0].token.claims["exp"]
    assert "expires_in" not in answer.json
    clock.expire(before=1)
    assert clock.time() < exp
    assert send.api(token).status == 200
    clock.advance(seconds=1)
    assert clock.time() >= exp
    assert send.api(token).status == 401
    assert send.api(send.token(BODY).json["access_token"]).status == 200


def test_g9_claims_list_the_apis(begin):
    """The APIs that were agreed on are in the token, as a list."""
    send = begin("graphnet", client_id="acme", client_secret="s3cret", scopes="patients appointments")
    send.token(BODY)
    assert send.provider.token_requests[0].token.claims["scope"] == ["patients", "appointments"]


def test_g10_lack_of_access_is_refused(begin):
    """An API that the token is not for refuses it; the status is RFC 6750's since none is given."""
    send = begin("graphnet", client_id="acme", client_secret="s3cret", scopes="patients")
    send.provider.api.require(scope="appointments")
    assert send.api(send.token(BODY).json["access_token"]).status == 403


@pytest.mark.parametrize("refresh_token", ["None", "null", ""])
def test_g11_null_refresh_token_is_not_to_be_used(send, refresh_token):
    """A client that takes the null for a token is refused, and the journal shows what it did."""
    assert send.token(BODY).json["refresh_token"] is None
    refused = send.token({**BODY, "grant_type": "refresh_token", "refresh_token": refresh_token})
    assert (refused.status, refused.json["error"]) == (400, "unsupported_grant_type")
    assert send.provider.token_requests[1].grant_type == "refresh_token"
