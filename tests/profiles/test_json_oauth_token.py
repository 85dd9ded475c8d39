"""The provider whose token request is JSON: one test for each rule of its document."""

from __future__ import annotations

import pytest

BODY = {"grant_type": "client_credentials", "client_id": "acme", "client_secret": "s3cret"}
WHO = {"client_id": "acme", "client_secret": "s3cret"}


@pytest.fixture
def send(begin):
    return begin("json-oauth-token", **WHO)


def test_j1_endpoint_is_below_the_api_base_path(begin):
    """The option api_base_path decides where token endpoint and API are."""
    send = begin("json-oauth-token", api_base_path="vendor.test/prefix", **WHO)
    assert send.provider.token_url == "https://vendor.test/prefix/oauth/token"
    assert send.provider.api_url == "https://vendor.test/prefix/"
    token = send("POST", "https://vendor.test/prefix/oauth/token", json=BODY).json["access_token"]
    assert send.api(token).status == 200


def test_j2_post_as_in_the_samples_is_taken_and_get_is_not(send):
    """By default the samples win."""
    refused = send.token(json=BODY, method="GET")
    assert (refused.status, refused.headers["allow"]) == (405, "POST")
    assert send.token(json=BODY).status == 200


def test_j2_get_as_in_the_text_is_an_option(begin):
    """The option methods makes a server that goes by the text, or by both."""
    send = begin("json-oauth-token", methods=["GET"], **WHO)
    assert send.token(json=BODY, method="GET").status == 200
    assert send.token(json=BODY).status == 405
    both = begin("json-oauth-token", methods=["GET", "POST"], api_base_path="both.test", **WHO)
    assert both.token(json=BODY, method="GET").status == 200
    assert both.token(json=BODY).status == 200


def test_j2_get_with_the_parameters_in_the_query_is_a_profile(begin):
    """Then a secret is in the query, which only the derived profile takes."""
    query = "&".join(f"{name}={value}" for name, value in BODY.items())
    send = begin("json-oauth-token-get", **WHO)
    answer = send("GET", f"{send.provider.token_url}?{query}")
    assert sorted(answer.json) == ["access_token", "expires_in"]
    assert send.api(answer.json["access_token"]).status == 200
    assert send.token(json=BODY, method="GET").status == 200
    strict = begin("json-oauth-token", methods=["GET"], api_base_path="strict.test", body_formats=["query"], **WHO)
    assert strict("GET", f"{strict.provider.token_url}?{query}").status == 400


def test_j3_body_is_a_json_object(send):
    """A form, JSON under another name, and JSON that is no object are refused."""
    assert send.token(BODY).status == 400
    assert "application/json" in send.token(BODY).json["error_description"]
    assert send.token(json=BODY, headers={"Content-Type": "text/plain"}).status == 400
    headers = {"Content-Type": "application/json"}
    for content in (b"[]", b'"text"', b"{", b"\xff", b""):
        refused = send.token(content=content, headers=headers)
        assert (refused.status, refused.json["error"]) == (400, "invalid_request"), content


@pytest.mark.parametrize(
    ("missing", "status", "error"),
    [
        ("grant_type", 400, "invalid_request"),
        ("client_id", 401, "invalid_client"),
        ("client_secret", 401, "invalid_client"),
    ],
)
def test_j4_all_three_members_are_needed(send, missing, status, error):
    """Each of the three members that is missing gets its own error."""
    body = {name: value for name, value in BODY.items() if name != missing}
    refused = send.token(json=body)
    assert (refused.status, refused.json["error"]) == (status, error)


@pytest.mark.parametrize("wrong", [["client_credentials"], {"a": 1}, 1, True, None])
def test_j4_grant_type_is_a_text(send, wrong):
    """Another JSON type than a text is not the grant type."""
    assert send.token(json={**BODY, "grant_type": wrong}).status == 400


def test_j5_neither_header_nor_scope_nor_audience_is_needed(send, basic):
    """The three members suffice; credentials in the header are refused."""
    assert send.token(json=BODY).status == 200
    request = send.provider.token_requests[0]
    assert (request.auth_method, request.scope, request.audience) == ("client_secret_post", None, None)
    grant = {"grant_type": "client_credentials"}
    assert send.token(json=grant, headers=basic("acme", "s3cret")).status == 401


def test_j6_answer_has_two_members(send):
    """access_token and expires_in, a number of seconds, and nothing else."""
    answer = send.token(json=BODY)
    assert sorted(answer.json) == ["access_token", "expires_in"]
    assert isinstance(answer.json["access_token"], str)
    assert type(answer.json["expires_in"]) is int


def test_j7_token_lives_as_long_as_the_answer_says(begin):
    """No lifetime is fixed; when the answer's is over, the same request gets the next token."""
    send = begin("json-oauth-token", expires_in=120, **WHO)
    send.provider.clock.freeze()
    first = send.token(json=BODY).json
    assert first["expires_in"] == 120
    send.provider.clock.expire(before=1)
    assert send.api(first["access_token"]).status == 200
    send.provider.clock.advance(seconds=1)
    assert send.api(first["access_token"]).status == 401
    second = send.token(json=BODY).json
    assert second["access_token"] != first["access_token"]
    assert send.api(second["access_token"]).status == 200
    assert send.token(json={**BODY, "grant_type": "refresh_token"}).json["error"] == "unsupported_grant_type"


def test_j8_token_opens_the_api(send):
    """The remaining APIs take the token, as Bearer since nothing else is said."""
    token = send.token(json=BODY).json["access_token"]
    assert send.api(token, "any/path").status == 200
    assert send.api(token, "other", method="POST").status == 200
    assert send.api(None).status == 401


def test_j9_only_registered_clients_get_tokens(send):
    """Who is not registered is refused until it is."""
    newcomer = {**BODY, "client_id": "newcomer", "client_secret": "n3w"}
    assert send.token(json=newcomer).status == 401
    send.provider.add_client("newcomer", client_secret="n3w")
    assert send.token(json=newcomer).status == 200
