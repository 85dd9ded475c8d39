"""Hexagon Intergraph Smart Completions: one test for each rule of its document."""

from __future__ import annotations

import pytest

GRANT = {"grant_type": "client_credentials", "scope": "ingr.api"}


@pytest.fixture
def send(begin):
    return begin("hexagon", client_id="acme", client_secret="s3cret")


@pytest.fixture
def auth(basic):
    return basic("acme", "s3cret")


def test_x1_token_request_is_a_post_to_v1_token(begin, auth):
    """/v1/token stands below the URL of the installation's authorization server."""
    send = begin("hexagon", authorization_server="https://sso.plant.test/as", client_id="acme", client_secret="s3cret")
    assert send.provider.token_url == "https://sso.plant.test/as/v1/token"
    assert send.token(GRANT, headers=auth).status == 200
    assert send.token(method="GET", headers=auth).status == 405


@pytest.mark.parametrize("scheme", ["basic", "Basic", "BASIC", "bAsIc"])
def test_x2_scheme_of_the_credentials_compares_without_case(send, basic, scheme):
    """The document prints it in small letters."""
    assert send.token(GRANT, headers=basic("acme", "s3cret", scheme)).status == 200
    assert send.provider.token_requests[0].auth_method == "client_secret_basic"


def test_x2_credentials_are_base64_of_id_and_secret(send):
    """What is not base64, has no colon, or comes in the body is refused."""
    assert send.token(GRANT, headers={"Authorization": "basic ???"}).status == 401
    assert send.token(GRANT, headers={"Authorization": "basic YWNtZQ=="}).status == 401
    assert send.token({**GRANT, "client_id": "acme", "client_secret": "s3cret"}).status == 401


@pytest.mark.parametrize("encoded", [True, False])
def test_x2_pair_may_be_form_encoded_or_not(begin, basic, encoded):
    """The document does not say which, so that both are taken."""
    send = begin("hexagon", client_id="acme", client_secret="a+b%41c d")
    secret = "a%2Bb%2541c+d" if encoded else "a+b%41c d"
    assert send.token(GRANT, headers=basic("acme", secret)).status == 200


def test_x3_client_that_copies_the_misprint_is_told(send, auth):
    """A header content_type is none: the request has no media type, and the refusal says why."""
    refused = send.token(
        headers={**auth, "content_type": "application/x-www-form-urlencoded"},
        content=b"grant_type=client_credentials&scope=ingr.api",
    )
    assert (refused.status, refused.json["error"]) == (400, "invalid_request")
    told = refused.json["error_description"]
    assert "no Content-Type" in told
    assert "content_type, with an underscore" in told


def test_x3_misprint_beside_the_real_header_does_no_harm(send, auth):
    """Libraries that add the real header repair the misprint."""
    assert send.token(GRANT, headers={**auth, "content_type": "application/x-www-form-urlencoded"}).status == 200


def test_x4_body_has_the_grant_type(send, auth):
    """Another grant type, or none, is refused."""
    assert send.token({"scope": "ingr.api"}, headers=auth).json["error"] == "invalid_request"
    other = {**GRANT, "grant_type": "authorization_code"}
    assert send.token(other, headers=auth).json["error"] == "unsupported_grant_type"


@pytest.mark.parametrize("scope", [None, "other", "ingr.api other", "INGR.API"])
def test_x5_scope_is_ingr_api(send, auth, scope):
    """The scope is required, and there is just the one."""
    body = {"grant_type": "client_credentials"} | ({} if scope is None else {"scope": scope})
    refused = send.token(body, headers=auth)
    assert (refused.status, refused.json["error"]) == (400, "invalid_scope")
    assert send.token(GRANT, headers=auth).status == 200


def test_x6_answer_has_exactly_the_documented_members(send, auth):
    """The members, their JSON types and values, and a token that is a JWT."""
    answer = send.token(GRANT, headers=auth)
    token = answer.json["access_token"]
    assert answer.status == 200
    assert answer.json == {"token_type": "Bearer", "expires_in": 3600, "access_token": token, "scope": "ingr.api"}
    assert type(answer.json["expires_in"]) is int
    assert token.startswith("eyJhbG")


def test_x7_api_takes_the_token_as_bearer(send, auth):
    """The name of the header compares without case; another scheme is refused."""
    token = send.token(GRANT, headers=auth).json["access_token"]
    assert send.api(headers={"authorization": f"Bearer {token}"}).status == 200
    assert send.api(headers={"authorization": f"Basic {token}"}).status == 401
    assert send.api().status == 401


def test_x8_token_is_valid_for_one_hour(send, auth):
    """After an hour a new request gets a new token; there is no refresh token."""
    send.provider.clock.freeze()
    first = send.token(GRANT, headers=auth).json
    assert "refresh_token" not in first
    send.provider.clock.expire(before=1)
    assert send.api(first["access_token"]).status == 200
    send.provider.clock.advance(seconds=1)
    assert send.api(first["access_token"]).status == 401
    second = send.token(GRANT, headers=auth).json["access_token"]
    assert send.api(second).status == 200


def test_x9_client_has_to_be_registered(send, basic):
    """Another id or another secret gets nothing."""
    assert send.token(GRANT, headers=basic("nobody", "s3cret")).json["error"] == "invalid_client"
    assert send.token(GRANT, headers=basic("acme", "wrong")).json["error"] == "invalid_client"
    assert send.token(GRANT).json["error"] == "invalid_client"
