"""HGEM Results API: one test for each rule of its document."""

from __future__ import annotations

import pytest

URL = "https://results-api.hgem.com/connect/token"
ALL_SCOPES = "hgem-results-api visits/standard.read"


@pytest.fixture
def send(begin):
    return begin("hgem", api_key="k-123", client_id="acme", client_secret="s3cret")


KEY = {"hgem-api-key": "k-123"}
BODY = {"grant_type": "client_credentials", "client_id": "acme", "client_secret": "s3cret"}


def test_h1_every_request_carries_the_api_key(send):
    """Without the key neither a token nor data is to be had, with it both are."""
    assert send.token(BODY).status == 401
    token = send.token(BODY, headers=KEY).json["access_token"]
    assert send.api(token).status == 401
    assert send.api(token, headers=KEY).status == 200


def test_h2_token_request_is_a_post_to_the_documented_url(send):
    """The URL is the document's own, and GET is refused."""
    assert send.provider.token_url == URL
    assert send("POST", URL, headers=KEY, form=BODY).status == 200
    refused = send("GET", URL, headers=KEY)
    assert refused.status == 405
    assert refused.headers["allow"] == "POST"


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "multipart/form-data"])
def test_h3_body_is_a_form(send, content_type):
    """The media type decides, even where the bytes are those of a form."""
    refused = send.token(BODY, headers={**KEY, "Content-Type": content_type})
    assert (refused.status, refused.json["error"]) == (400, "invalid_request")
    assert content_type in refused.json["error_description"]


def test_h3_charset_of_the_form_does_not_matter(send):
    """Parameters of the media type are looked over."""
    headers = {**KEY, "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8"}
    assert send.token(BODY, headers=headers).status == 200


@pytest.mark.parametrize(
    ("grant_type", "error"),
    [(None, "invalid_request"), ("password", "unsupported_grant_type"), ("", "invalid_request")],
)
def test_h4_body_has_the_grant_type(send, grant_type, error):
    """A grant type that is missing, empty or another one is refused."""
    body = {**BODY, "grant_type": grant_type} if grant_type is not None else {**BODY}
    if grant_type is None:
        del body["grant_type"]
    refused = send.token(body, headers=KEY)
    assert (refused.status, refused.json["error"]) == (400, error)


def test_h5_credentials_are_in_the_body(send, basic):
    """Basic is not documented, and so is refused; a wrong secret and an unknown client are as well."""
    grant = {"grant_type": "client_credentials"}
    assert send.token(grant, headers={**KEY, **basic("acme", "s3cret")}).status == 401
    assert send.token(grant, headers=KEY).json["error"] == "invalid_client"
    assert send.token({**BODY, "client_secret": "wrong"}, headers=KEY).json["error"] == "invalid_client"
    assert send.token({**BODY, "client_id": "nobody"}, headers=KEY).json["error"] == "invalid_client"
    assert send.token(BODY, headers=KEY).status == 200


def test_h6_without_scope_a_token_has_all_of_the_clients(begin):
    """All scopes that are assigned to the client are granted, and no others."""
    send = begin(
        "hgem", api_key="k-123", scopes="hgem-results-api a/read b/read", client_id="acme", client_secret="s3cret"
    )
    answer = send.token(BODY, headers=KEY)
    assert answer.json["scope"] == "hgem-results-api a/read b/read"
    assert send.provider.token_requests[0].token.scopes == {"hgem-results-api", "a/read", "b/read"}


@pytest.mark.parametrize(
    ("scope", "status"),
    [
        ("hgem-results-api", 200),
        ("hgem-results-api visits/standard.read", 200),
        ("visits/standard.read hgem-results-api", 200),
        ("visits/standard.read", 400),
        ("hgem-results-api,visits/standard.read", 400),
        ("hgem-results-api other/read", 400),
    ],
)
def test_h7_scopes_include_the_results_api(send, scope, status):
    """Scopes that are named have hgem-results-api among them, and blanks between them."""
    answer = send.token({**BODY, "scope": scope}, headers=KEY)
    assert answer.status == status
    if status == 200:
        assert answer.json["scope"].split() == scope.split()
    else:
        assert answer.json["error"] == "invalid_scope"


def test_h8_answer_has_exactly_the_documented_members(send):
    """The members, their JSON types and values, and a token that is a JWT."""
    answer = send.token(BODY, headers=KEY)
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    token = answer.json["access_token"]
    assert answer.json == {"access_token": token, "expires_in": 3600, "token_type": "Bearer", "scope": ALL_SCOPES}
    assert type(answer.json["expires_in"]) is int
    assert token.count(".") == 2


def test_h9_token_lives_for_an_hour_from_the_request(send):
    """One second before the hour is over the token is good, at the hour it is not."""
    send.provider.clock.freeze()
    token = send.token(BODY, headers=KEY).json["access_token"]
    claims = send.provider.token_requests[0].token.claims
    assert claims["exp"] - claims["iat"] in {3600, 3601}  # the moment of issue is rounded up
    send.provider.clock.expire(before=1)
    assert send.api(token, headers=KEY).status == 200
    send.provider.clock.advance(seconds=1)
    assert send.api(token, headers=KEY).status == 401


@pytest.mark.parametrize(("with_key", "with_token"), [(True, False), (False, True), (False, False)])
def test_h10_api_calls_carry_both_headers(send, with_key, with_token):
    """Either header alone is refused."""
    token = send.token(BODY, headers=KEY).json["access_token"]
    headers = KEY if with_key else {}
    assert send.api(token if with_token else None, headers=headers).status == 401
    assert send.api(token, headers=KEY).status == 200


def test_h11_api_call_without_authentication_gets_401(send):
    """No token, and a token that nobody issued."""
    assert send.api(headers=KEY).status == 401
    assert send.api("made-up", headers=KEY).status == 401


def test_h12_wrong_key_gets_403_and_a_missing_one_401(send):
    """Only the two statuses that the document lists are given for the key."""
    token = send.token(BODY, headers=KEY).json["access_token"]
    wrong = {"hgem-api-key": "other"}
    assert send.token(BODY).status == 401
    assert send.token(BODY, headers=wrong).status == 403
    assert send.api(token).status == 401
    assert send.api(token, headers=wrong).status == 403


def test_h13_answer_names_the_scope_unasked_and_has_no_refresh_token(send):
    """The scope is there though nobody asked for one."""
    answer = send.token(BODY, headers=KEY)
    assert answer.json["scope"] == ALL_SCOPES
    assert "refresh_token" not in answer.json


def test_h14_nothing_shows_the_credentials(send):
    """Neither secret, key nor token is in what a failing test prints of the provider."""
    token = send.token({**BODY, "client_secret": "s3cret"}, headers=KEY).json["access_token"]
    send.api(token, headers=KEY)
    provider = send.provider
    shown = repr([provider, *provider.exchanges, *(request.headers for request in provider.exchanges)])
    shown += repr([request.params for request in provider.token_requests])
    assert "acme" in shown
    for secret in ("s3cret", "k-123", token):
        assert secret not in shown


def test_key_is_made_up_when_none_is_given(begin):
    """A test that gives no key finds the one to use among the provider's options."""
    send = begin("hgem", client_id="acme", client_secret="s3cret")
    key = send.provider.options["api_key"]
    assert key.startswith("key-")
    assert send.token(BODY, headers={"hgem-api-key": key}).status == 200
    assert begin("hgem").provider.options["api_key"] != key
