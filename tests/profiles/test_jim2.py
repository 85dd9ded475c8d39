"""Jim2: one test for each rule of its document."""

from __future__ import annotations

import pytest

BODY = {"grant_type": "client_credentials", "client_id": "TestClientId", "client_secret": "password"}
WHO = {"client_id": "TestClientId", "client_secret": "password"}
SECOND = {"grant_type": "client_credentials", "client_id": "second", "client_secret": "s3cond"}


@pytest.fixture
def send(begin):
    send = begin("jim2", **WHO)
    send.provider.clock.freeze()
    send.provider.add_client("second", client_secret="s3cond")
    return send


def test_m1_endpoint_is_token_below_the_database_over_plain_http(begin):
    """The sample's URL by default; the option database makes another one."""
    assert begin("jim2").provider.token_url == "http://localhost:80/Jim_Test/token"
    send = begin("jim2", database="Jim_Live", **WHO)
    assert send.provider.token_url == "http://localhost:80/Jim_Live/token"
    assert send("POST", "http://localhost/Jim_Live/token", form=BODY).status == 200
    assert send.token(method="GET").status == 405


@pytest.mark.parametrize("grant_type", ["password", "refresh_token", "authorization_code"])
def test_m2_client_credentials_is_the_only_grant(send, grant_type):
    """Every other grant type is refused."""
    assert send.token({**BODY, "grant_type": grant_type}).json["error"] == "unsupported_grant_type"


def test_m3_body_is_a_form(send):
    """JSON is refused."""
    assert send.token(json=BODY).status == 400
    assert send.token(BODY).status == 200


def test_m4_credentials_come_in_the_body_or_as_basic(send, basic):
    """Either way is taken; both at once are not (RFC 6749 section 2.3)."""
    grant = {"grant_type": "client_credentials"}
    assert send.token(BODY).status == 200
    assert send.token(grant, headers=basic(**WHO)).status == 200
    assert send.token(BODY, headers=basic(**WHO)).status == 400
    assert send.token(grant).status == 401


def test_m5_basic_pair_is_utf8_without_escaping(begin, basic):
    """A password with signs that a form would escape is taken as it is, and not in its escaped form."""
    send = begin("jim2", client_id="Kärtchen", client_secret="a+b%41:ü &=")
    grant = {"grant_type": "client_credentials"}
    assert send.token(grant, headers=basic("Kärtchen", "a+b%41:ü &=")).status == 200
    assert send.token(grant, headers=basic("K%C3%A4rtchen", "a%2Bb%2541%3A%C3%BC+%26%3D")).status == 401


def test_m6_without_scope_a_token_is_for_all_and_takes_a_licence(send):
    """The default scope is all."""
    answer = send.token(BODY)
    assert answer.json["scope"] == "all"
    assert list(send.provider.licence_holders) == ["TestClientId"]


def test_m7_view_takes_no_licence(send):
    """A token that only reads is free."""
    answer = send.token({**BODY, "scope": "view"})
    assert answer.json["scope"] == "view"
    assert send.provider.licence_holders == {}


@pytest.mark.parametrize(("scope", "status"), [(None, 401), ("all", 401), ("view all", 401), ("view", 200)])
def test_m8_without_a_free_licence_authentication_fails(send, scope, status):
    """The one licence is taken: the second client gets nothing but view."""
    assert send.token(BODY).status == 200
    answer = send.token(SECOND | ({} if scope is None else {"scope": scope}))
    assert answer.status == status
    if status == 401:
        assert answer.json["error"] == "invalid_client"
        assert "TestClientId" in answer.json["error_description"]


def test_m8_the_test_sets_the_number_of_licences(begin):
    """With two licences the third client is refused; with none the first one is."""
    send = begin("jim2", licences=2, **WHO)
    for name in ("second", "third"):
        send.provider.add_client(name, client_secret="s3cond")
    assert send.token(BODY).status == 200
    assert send.token(SECOND).status == 200
    assert send.token({**SECOND, "client_id": "third"}).status == 401
    assert list(send.provider.licence_holders) == ["TestClientId", "second"]
    assert begin("jim2", licences=0, database="Empty", **WHO).token(BODY).status == 401


def test_m9_next_token_extends_the_twenty_minutes(send):
    """A new token of the same client takes no second licence, but the first one for longer."""
    clock = send.provider.clock
    send.token(BODY)
    clock.advance(minutes=19)
    assert send.token(BODY).status == 200
    clock.advance(minutes=19)
    assert send.token(SECOND).status == 401
    assert send.provider.licence_holders["TestClientId"] == pytest.approx(clock.time() + 60)


def test_m10_licence_is_held_for_twenty_minutes(send):
    """A second before it is held, at twenty minutes it is free, and the token is over, too."""
    clock = send.provider.clock
    token = send.token(BODY).json
    assert token["expires_in"] == 1200
    clock.advance(seconds=1199)
    assert send.token(SECOND).status == 401
    clock.advance(seconds=1)
    assert send.token(SECOND).status == 200
    assert list(send.provider.licence_holders) == ["second"]


def test_m11_logoff_frees_the_licence(send):
    """The client that logs off frees its own licence, and a made-up token frees none."""
    token = send.token(BODY).json["access_token"]
    assert send.api("made-up", "logoff", method="POST").status == 401
    assert send.token(SECOND).status == 401
    assert send.api(token, "logoff", method="POST").status == 200
    assert send.provider.licence_holders == {}
    assert send.token(SECOND).status == 200


def test_m12_sample_body_is_taken(send, basic):
    """grant_type and scope=view in the body, the credentials as Basic."""
    answer = send.token(
        headers={**basic(**WHO), "Content-Type": "application/x-www-form-urlencoded"},
        content=b"grant_type=client_credentials&scope=view",
    )
    assert answer.status == 200
    assert send.provider.licence_holders == {}
    assert send.api(answer.json["access_token"]).status == 200
