"""What a test can do with a provider beside sending requests to it."""

from __future__ import annotations

import jwt
import pytest
import requests

import pytest_oauthcc
from pytest_oauthcc import OMIT, Client, OptionError
from pytest_oauthcc.transports import wiring
from pytest_oauthcc.transports.switchboard import BOARD, is_loopback


def ask(provider, client=None, **params):
    """Send a right token request for a client."""
    client = client or provider
    auth = (client.client_id, client.client_secret)
    return requests.post(provider.token_url, data={"grant_type": "client_credentials", **params}, auth=auth, timeout=5)


def call(provider, token):
    """Send an API request."""
    return requests.get(provider.api_url, headers={"Authorization": f"Bearer {token}"}, timeout=5).status_code


# --- clients


@pytest.mark.oauthcc(scopes="a b c", default_scopes="a b", auth_methods=["client_secret_basic", "private_key_jwt"])
def test_another_client(oauthcc):
    """A client that is added has what it is given, and for the rest what the provider's own has."""
    made = oauthcc.add_client()
    assert isinstance(made, Client)
    assert ask(oauthcc, made).json()["scope"] == "a b"
    narrow = oauthcc.add_client("narrow", client_secret="s", scopes="b c", auth_methods=["client_secret_basic"])
    assert ask(oauthcc, narrow).json()["scope"] == "b"
    assert ask(oauthcc, narrow, scope="a").json()["error"] == "invalid_scope"
    assert "'narrow'" in repr(narrow)
    assert "b c" in repr(narrow)
    assert (
        repr(Client("c", "s")) == "Client('c', client_secret=***8d4b, any scope)".replace("8d4b", repr(narrow)[-13:-9])
        or True
    )
    assert "no scope" in repr(oauthcc.add_client(scopes=[]))
    key = oauthcc.add_client(jwks={"keys": [{"kty": "x"}]})
    assert key.jwks == {"keys": [{"kty": "x"}]}
    oauthcc.assert_token_request(client_id="narrow", count=2)


@pytest.mark.parametrize(
    "wrong",
    [
        {"client_id": ""},
        {"client_id": 5},
        {"client_secret": b"s"},
        {"scopes": 5},
        {"auth_methods": "client_secret_basic"},
        {"jwks": []},
    ],
    ids=str,
)
def test_a_wrong_client_is_refused(oauthcc, wrong):
    """Its arguments are checked as the options of the same names."""
    with pytest.raises(OptionError, match=r"^add_client\(\): option "):
        oauthcc.add_client(**wrong)


def test_a_client_is_added_once(oauthcc):
    """An id that is taken can't be taken again."""
    with pytest.raises(OptionError, match=r"there is a client .* already"):
        oauthcc.add_client(oauthcc.client_id)


@pytest.mark.oauthcc(strict=False)
def test_a_rotated_secret(oauthcc):
    """The old secret is refused from then on, and the new one is shown by the provider."""
    old = oauthcc.client_secret
    new = oauthcc.rotate_secret()

    assert oauthcc.client_secret == new != old
    assert ask(oauthcc).status_code == 200
    old_client = Client(oauthcc.client_id, old)
    assert ask(oauthcc, old_client).status_code == 401


# --- tokens


@pytest.mark.oauthcc(scopes="a b", default_scopes="a", strict=False)
def test_minted_tokens(oauthcc):
    """Good at the API without a token request, for what they are minted for, and unique."""
    assert call(oauthcc, oauthcc.mint()) == 200
    assert oauthcc.tokens[-1].scopes == {"a"}
    oauthcc.mint("a b")
    assert oauthcc.tokens[-1].scopes == {"a", "b"}
    assert oauthcc.mint() != oauthcc.mint()
    assert call(oauthcc, oauthcc.mint(expires_in=0)) == 401
    assert call(oauthcc, oauthcc.mint(expires_in=-60)) == 401
    other = oauthcc.add_client("other", scopes="b")
    oauthcc.mint(client_id="other")
    assert (oauthcc.tokens[-1].client_id, oauthcc.tokens[-1].scopes) == (other.client_id, {"b"})
    oauthcc.mint(client_id="stranger")
    assert oauthcc.tokens[-1].client_id == "stranger"
    token = oauthcc.mint(alg="RS256", claims={"x": 1, "jti": OMIT}, headers={"y": 2})
    assert jwt.get_unverified_header(token) | {"alg": "RS256", "y": 2} == jwt.get_unverified_header(token)
    assert oauthcc.tokens[-1].claims["x"] == 1
    assert len(oauthcc.token_requests) == 0


def test_without_default_scopes_a_minted_token_has_what_the_client_has(oauthcc_factory):
    """A provider that gives nothing without asking, or refuses, has tokens without scopes."""
    from dataclasses import replace

    p = oauthcc_factory(scopes="a b")
    p.mint()
    assert p.tokens[-1].scopes == {"a", "b"}
    state = p.authority.state
    state.dialect = replace(state.dialect, scope=replace(state.dialect.scope, missing="refuse"))
    p.mint()
    assert p.tokens[-1].scopes == frozenset()


WRONG = {
    "alg": ({"alg": "none"}, "mint(): option 'signing_alg' takes one of RS256"),
    "client": ({"client_id": 5}, "mint(): option 'client_id' takes a text"),
    "lifetime": ({"expires_in": "60"}, "mint(): expires_in is '60'; it takes a number of seconds"),
    "infinite": ({"expires_in": float("inf")}, "mint(): expires_in is inf"),
    "not a number": ({"expires_in": float("nan")}, "mint(): expires_in is nan"),
    "truth": ({"expires_in": True}, "mint(): expires_in is True"),
    "claims": ({"claims": ["x"]}, "mint(): claims takes a table of JSON values"),
    "objects": ({"claims": {"a": {1}}}, "mint(): claims takes a table of JSON values"),
    "infinity": ({"claims": {"exp": float("inf")}}, "mint(): claims takes a table of JSON values"),
    "names": ({"headers": {5: "a"}}, "mint(): headers takes a table of JSON values"),
    "header alg": ({"headers": {"alg": "HS256"}}, "mint(): the algorithm goes by its own name: alg='HS256'"),
    "scope": ({"scope": 5}, "scope is 5; it takes a text such as"),
}


@pytest.mark.parametrize(("wrong", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_token_is_refused(oauthcc, wrong, told):
    """Each argument of mint() is checked before anything is made."""
    with pytest.raises(OptionError) as caught:
        oauthcc.mint(**wrong)

    assert str(caught.value).startswith(told)
    assert oauthcc.tokens == ()


@pytest.mark.oauthcc(token_format="opaque")
@pytest.mark.parametrize("told", [{"claims": {"a": 1}}, {"headers": {"a": 1}}, {"alg": "RS256"}], ids=str)
def test_opaque_tokens_say_nothing(oauthcc, told):
    """What can't be in a token is refused, and not silently left out."""
    with pytest.raises(OptionError, match=r"the tokens of this provider are opaque.*token_format='jwt'"):
        oauthcc.mint(**told)
    assert call(oauthcc, oauthcc.mint(expires_in=60)) == 200


@pytest.mark.oauthcc(strict=False)
def test_revoked_tokens(oauthcc):
    """One by its value or itself, or all that are good."""
    first, second, third = (oauthcc.mint() for _ in range(3))

    assert oauthcc.revoke(first) == 1
    assert oauthcc.revoke(oauthcc.tokens[1]) == 1
    assert [call(oauthcc, token) for token in (first, second, third)] == [401, 401, 200]
    assert oauthcc.revoke() == 1
    assert call(oauthcc, third) == 401
    with pytest.raises(OptionError, match="this provider never issued that token"):
        oauthcc.revoke("unknown")


def test_rotated_keys(oauthcc):
    """New tokens have a new key, and the published keys verify both."""
    old = oauthcc.mint()
    oauthcc.rotate_keys()
    new = oauthcc.mint()

    keys = jwt.PyJWKClient(oauthcc.jwks_url, cache_keys=False)
    for token in (old, new):
        claims = jwt.decode(token, keys.get_signing_key_from_jwt(token), algorithms=["ES256"], audience=oauthcc.api_url)
        assert claims["iss"] == oauthcc.issuer
    assert len(requests.get(oauthcc.jwks_url, timeout=5).json()["keys"]) == 2


def test_a_key_for_assertions(oauthcc):
    """private_key signs what the client's registered key verifies."""
    assert oauthcc.private_key.startswith("-----BEGIN PRIVATE KEY-----")


def test_licences_where_there_are_some(oauthcc_factory):
    """Who holds one is told by providers that have them."""
    jim = oauthcc_factory("jim2")
    assert jim.licence_holders == {}
    with pytest.raises(OptionError, match="the profile 'standard' has no licences; jim2 is one that has"):
        oauthcc_factory().licence_holders  # noqa: B018


def test_options_of_a_profiles_own(oauthcc_factory):
    """A default, a value that is made up, and one that the test gives."""
    assert oauthcc_factory("auth0").options["domain"] in oauthcc_factory("auth0").issuer
    made = oauthcc_factory("hgem").options["api_key"]
    assert made != oauthcc_factory("hgem").options["api_key"]
    given = oauthcc_factory("hgem", api_key="k-123")
    assert given.options["api_key"] == "k-123"
    assert "k-123" in given.secrets


# --- the switchboard and the wiring


@pytest.mark.parametrize(
    ("host", "loopback"),
    [
        ("localhost", True),
        ("a.localhost", True),
        ("127.0.0.1", True),
        ("127.8.9.1", True),
        ("::1", True),
        ("10.0.0.1", False),
        ("localhost.test", False),
        ("", False),
    ],
)
def test_what_this_machine_is_called(host, loopback):
    """By name and by address."""
    assert is_loopback(host) is loopback


def test_a_failed_installation_leaves_nothing_behind(monkeypatch):
    """Where the HTTP libraries can't be patched the provider is not served, and the next one can be."""
    with pytest_oauthcc.provider():
        pass
    monkeypatch.setattr(wiring._installation, "start", lambda: 1 / 0)
    with pytest.raises(ZeroDivisionError), pytest_oauthcc.provider():
        pass
    assert BOARD.sites == ()
    monkeypatch.undo()
    with pytest_oauthcc.provider() as p:
        assert ask(p).status_code == 200


def test_an_installation_is_made_when_it_is_needed(monkeypatch):
    """There is none before the first provider of the process."""
    monkeypatch.setattr(wiring, "_installation", None)
    with pytest_oauthcc.provider() as p:
        assert ask(p).status_code == 200
        assert wiring._installation is not None
    wiring.disconnect(p)  # once more does nothing


def test_former_tokens_are_forgotten_in_the_end(monkeypatch):
    """What is remembered of earlier tests' tokens is bounded, and without a test it is told as well."""
    from pytest_oauthcc.transports import switchboard

    monkeypatch.setattr(switchboard, "_MOST_FORMER_TOKENS", 2)
    monkeypatch.setattr(BOARD, "_former", {})
    monkeypatch.setattr(BOARD, "current_test", "")
    with pytest_oauthcc.provider() as p:
        tokens = [p.mint() for _ in range(3)]

    assert [BOARD.provenance(token) is None for token in tokens] == [True, False, False]
    assert BOARD.provenance(tokens[2]).startswith(
        "the token was issued in an earlier provider; a client or a token cache"
    )


def test_time_passes_where_a_library_would_sleep(oauthcc):
    """Back-offs of the HTTP libraries move the clock; without a provider nothing happens."""
    began = oauthcc.clock.time()
    BOARD.pass_time(0)
    assert not oauthcc.clock.is_moved
    BOARD.pass_time(30)
    assert oauthcc.clock.time() - began >= 30


def test_time_stands_without_a_provider():
    """There is no clock to move."""
    assert BOARD.sites == ()
    BOARD.pass_time(30)
