from __future__ import annotations

import jwt
import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from rfc_party import Party

from pytest_oauthcc import OptionError, provider

rfc = pytest.mark.rfc


@rfc("7662 §2.1 form", "7009 §2.1 form")
@pytest.mark.parametrize("url", ["introspection_url", "revocation_url"])
def test_a_form_with_a_token_is_wanted(oauthcc, party, url):
    """GET, JSON and a form without token are refused."""
    place = getattr(oauthcc, url)
    who = (oauthcc.client_id, oauthcc.client_secret)

    assert requests.get(place, params={"token": "x"}, auth=who, timeout=5).status_code == 405
    assert requests.post(place, json={"token": "x"}, auth=who, timeout=5).status_code == 400
    assert party.status(place).json()["error"] == "invalid_request"


@rfc("7662 §2.1 caller", "7009 §2.1 form")
@pytest.mark.parametrize("url", ["introspection_url", "revocation_url"])
def test_the_caller_authenticates(oauthcc, party, url):
    """Without credentials, or with wrong ones, nothing is told and nothing done."""
    token = oauthcc.mint()
    for who in (None, (oauthcc.client_id, "wrong")):
        answer = party.status(getattr(oauthcc, url), auth=who, token=token)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert party.call(token).status_code == 200


@rfc("7662 §2.1 hint", "7662 §2.2 types", "7009 §2.1 hint", "7009 §2")
def test_a_wrong_hint_hides_nothing(oauthcc, party):
    """A hint of another kind does not matter; what is told has the right types."""
    token = oauthcc.mint("orders:read orders:write")
    told = party.status(oauthcc.introspection_url, token=token, token_type_hint="refresh_token").json()

    assert told["active"] is True
    assert told["scope"] == "orders:read orders:write"
    assert type(told["exp"]) is type(told["iat"]) is int
    assert (told["client_id"], told["sub"], told["iss"], told["aud"]) == (
        oauthcc.client_id,
        oauthcc.client_id,
        oauthcc.issuer,
        oauthcc.api_url,
    )
    gone = party.status(oauthcc.revocation_url, token=token, token_type_hint="refresh_token")
    assert gone.status_code == 200
    assert party.call(token).status_code == 401


@rfc("7662 §2.2 inactive", "7662 §4")
def test_inactive_is_all_that_is_told(oauthcc, party):
    """Expired, revoked, forged and unknown tokens get the same two words."""
    expired = oauthcc.mint(expires_in=0)
    revoked = oauthcc.mint()
    oauthcc.revoke(revoked)
    for token in (expired, revoked, oauthcc.forge("wrong-key").value, "unknown"):
        answer = party.status(oauthcc.introspection_url, token=token)
        assert (answer.status_code, answer.json()) == (200, {"active": False})
    live = oauthcc.mint(expires_in=60)
    oauthcc.clock.expire(live)
    assert party.status(oauthcc.introspection_url, token=live).json() == {"active": False}


STEPS = st.sampled_from(["ask", "mint", "revoke", "revoke by request", "later", "overlap", "withdraw"])


@rfc("7662 §2.2 inactive", "7662 §4")
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(token_format=st.sampled_from(["jwt", "opaque"]), steps=st.lists(STEPS, min_size=1, max_size=8))
def test_a_token_is_active_as_long_as_it_is_good(token_format, steps):
    """Whatever happened to tokens, introspection, the API and the published keys agree about each of them."""
    with provider(token_format=token_format, expires_in=60, strict=False) as made:
        party = Party(made)
        for step in ("ask", *steps):
            newest = made.tokens[-1].value if made.tokens else None
            {
                "ask": party.ask,
                "mint": lambda: made.mint("orders:read", expires_in=100),
                "revoke": made.revoke,
                "revoke by request": lambda newest=newest: party.status(made.revocation_url, token=newest),
                "later": lambda: made.clock.advance(seconds=45),
                "overlap": made.rotate_keys,
                "withdraw": lambda: made.rotate_keys(keep_old=False),
            }[step]()
            published = {key["kid"] for key in requests.get(made.jwks_url, timeout=5).json()["keys"]}
            for token in made.tokens:
                told = party.status(made.introspection_url, token=token.value).json()
                assert told["active"] == (party.call(token.value).status_code == 200)
                assert told["active"] == (not token.revoked and token.expiry > made.clock.time())
                if told["active"] and token_format == "jwt":
                    assert jwt.get_unverified_header(token.value)["kid"] in published


@rfc("7009 §2.1 owner", "7009 §2.2")
def test_only_its_own_tokens_can_a_client_revoke(oauthcc, party):
    """Another client's token stays good, and an unknown one is as good as revoked."""
    other = oauthcc.add_client()
    token = oauthcc.mint(client_id=other.client_id)

    assert party.status(oauthcc.revocation_url, token=token).status_code == 400
    assert party.call(token).status_code == 200
    assert party.status(oauthcc.revocation_url, token="unknown").status_code == 200


@rfc("8414 §2 issuer", "8414 §2 members", "8414 §3", "8414 §3.2", "8414 §3.3", "9700 §2.6")
@pytest.mark.parametrize("path", ["", "/tenant"])
def test_the_metadata_are_there_and_true(oauthcc_factory, path):
    """What the document names is served, at the place where it has to be."""
    made = oauthcc_factory(issuer=f"https://auth.meta.test{path}", token_url="https://auth.meta.test/token")
    answer = requests.get(f"https://auth.meta.test/.well-known/oauth-authorization-server{path}", timeout=5)
    told = answer.json()

    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert told["issuer"] == made.issuer
    assert told["response_types_supported"]
    assert told["grant_types_supported"] == ["client_credentials"]
    assert [] not in told.values()
    assert requests.get(told["jwks_uri"], timeout=5).json()["keys"]
    who = (made.client_id, made.client_secret)
    for method in told["token_endpoint_auth_methods_supported"]:
        credentials = {"client_id": made.client_id, "client_secret": made.client_secret}
        options = {"auth": who} if method == "client_secret_basic" else {}
        data = {"grant_type": "client_credentials", **({} if options else credentials)}
        assert requests.post(told["token_endpoint"], data=data, timeout=5, **options).status_code == 200
    assert requests.post(told["introspection_endpoint"], data={"token": "x"}, auth=who, timeout=5).ok
    assert requests.post(told["revocation_endpoint"], data={"token": "x"}, auth=who, timeout=5).ok
    assert "registration_endpoint" not in told


@rfc("8414 §2 algs")
@pytest.mark.parametrize(
    ("methods", "prefixes"),
    [
        (["client_secret_basic"], None),
        (["private_key_jwt"], {"RS", "PS", "ES", "Ed"}),
        (["client_secret_jwt"], {"HS"}),
        (["client_secret_jwt", "private_key_jwt"], {"RS", "PS", "ES", "Ed", "HS"}),
    ],
)
def test_methods_that_sign_have_algorithms(oauthcc_factory, methods, prefixes):
    """The lists are there for methods that sign, fit them, and never have none in them."""
    made = oauthcc_factory(auth_methods=methods)
    told = requests.get(made.metadata_url, timeout=5).json()
    for endpoint in ("token", "introspection", "revocation"):
        algs = told.get(f"{endpoint}_endpoint_auth_signing_alg_values_supported")
        assert (algs and {alg[:2] for alg in algs}) == prefixes


@rfc("7591 §3")
@pytest.mark.oauthcc(registration=True, scopes="orders:read orders:write", auth_methods=["client_secret_post"])
def test_a_client_registers_and_gets_a_token(oauthcc, party):
    """What the answer to a registration says can be used at once, and nothing more."""
    endpoint = requests.get(oauthcc.metadata_url, timeout=5).json()["registration_endpoint"]
    assert endpoint == oauthcc.registration_url
    wanted = {
        "client_name": "Orders",
        "grant_types": ["client_credentials"],
        "token_endpoint_auth_method": "client_secret_post",
        "scope": "orders:read",
    }
    answer = requests.post(endpoint, json=wanted, timeout=5)
    told = answer.json()

    assert (answer.status_code, answer.headers["Cache-Control"]) == (201, "no-store")
    assert {**told, **wanted} == told
    assert told["client_secret_expires_at"] == 0
    who = {"client_id": told["client_id"], "client_secret": told["client_secret"]}
    assert party.ask({**who, "scope": "orders:read"}, auth=None).status_code == 200
    assert party.ask({**who, "scope": "orders:write"}, auth=None).json()["error"] == "invalid_scope"
    assert party.ask({**who, "client_secret": "wrong"}, auth=None).status_code == 401


@rfc("7591 §3")
@pytest.mark.oauthcc(registration=True, auth_methods=["private_key_jwt"])
def test_a_client_registers_its_keys(oauthcc, party):
    """A client with keys of its own gets no secret, and signs with them."""
    from pytest_oauthcc.core.keys import make_key

    key = make_key("ES256")
    wanted = {"token_endpoint_auth_method": "private_key_jwt", "jwks": {"keys": [key.public_jwk]}}
    told = requests.post(oauthcc.registration_url, json=wanted, timeout=5).json()
    assert "client_secret" not in told
    now = int(oauthcc.clock.time())
    who = {"iss": told["client_id"], "sub": told["client_id"], "aud": oauthcc.issuer, "exp": now + 60}
    assertion = {
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": jwt.encode(who, key.private, "ES256", {"kid": key.kid}),
    }
    assert party.ask(assertion, auth=None).status_code == 200


@rfc("9449 §5.2")
@pytest.mark.oauthcc(registration=True, dpop="optional")
def test_a_client_may_register_for_dpop_only(oauthcc):
    """A client that registered for bound tokens gets no other, though the provider issues them."""
    told = requests.post(oauthcc.registration_url, json={"dpop_bound_access_tokens": True}, timeout=5).json()
    assert told["dpop_bound_access_tokens"] is True
    who = (told["client_id"], told["client_secret"])
    answer = requests.post(oauthcc.token_url, data={"grant_type": "client_credentials"}, auth=who, timeout=5)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "registered for DPoP tokens only" in answer.json()["error_description"]


@rfc("9700 §4.15")
@pytest.mark.oauthcc(registration=True)
def test_a_client_does_not_choose_who_it_is(oauthcc):
    """An identifier that a client brings along is not taken, so that it can't be anybody's."""
    wanted = {"client_id": oauthcc.client_id, "client_secret": "mine", "sub": "administrator"}
    told = requests.post(oauthcc.registration_url, json=wanted, timeout=5).json()

    assert told["client_id"].startswith("registered-")
    assert told["client_secret"] != "mine"
    assert "sub" not in told


KEY = {"kty": "oct", "k": "AAAA"}
IMPOSSIBLE = {
    "a method that is not taken": ({"token_endpoint_auth_method": "none"}, "token_endpoint_auth_method is 'none'"),
    "another grant": ({"grant_types": ["authorization_code"]}, "this provider has client_credentials only"),
    "no grant": ({"grant_types": []}, "this provider has client_credentials only"),
    "a grant as text": ({"grant_types": "client_credentials"}, "this provider has client_credentials only"),
    "no keys": ({"token_endpoint_auth_method": "private_key_jwt"}, "needs the client's public keys"),
    "keys that are none": ({"jwks": {"keys": []}}, "jwks is no JWK set"),
    "a private key": ({"jwks": {"keys": [KEY]}}, "jwks holds a private key"),
    "a malformed scope": ({"scope": "a  b"}, "scope is 'a  b'"),
    "a scope as a list": ({"scope": ["a"]}, "it takes scope-tokens"),
    "an unknown scope": ({"scope": "orders:delete"}, "there is no scope orders:delete here"),
    "DPoP where there is none": ({"dpop_bound_access_tokens": True}, "dpop_bound_access_tokens is true"),
    "no object": ([1], "the body is no JSON object"),
}


@rfc("7591 §3.2.2")
@pytest.mark.parametrize(("wanted", "said"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
@pytest.mark.oauthcc(registration=True, scopes="orders:read", auth_methods=["client_secret_basic", "private_key_jwt"])
def test_what_can_not_be_registered_is_told(oauthcc, wanted, said):
    """Wrong metadata are refused with the reason, and nobody is registered."""
    before = len(oauthcc.authority.state.clients)
    answer = requests.post(oauthcc.registration_url, json=wanted, timeout=5)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert said in answer.json()["error_description"]
    assert len(oauthcc.authority.state.clients) == before


@rfc("7591 §3")
@pytest.mark.oauthcc(registration=True)
def test_a_registration_is_a_post_of_json(oauthcc):
    """Another method, another type and what is no JSON are refused."""
    before = len(oauthcc.authority.state.clients)
    for method in ("GET", "PUT"):
        assert requests.request(method, oauthcc.registration_url, json={"scope": "a"}, timeout=5).status_code == 405
    assert len(oauthcc.authority.state.clients) == before
    form = requests.post(oauthcc.registration_url, data={"scope": "a"}, timeout=5).json()
    assert "it has to be application/json" in form["error_description"]
    text = requests.post(
        oauthcc.registration_url, data="{", headers={"Content-Type": "application/json"}, timeout=5
    ).json()
    assert "no JSON" in text["error_description"]


def test_without_the_option_nobody_registers(oauthcc):
    """By default there is no such endpoint, and asking for its URL says how to get one."""
    with pytest.raises(OptionError, match="registration=True"):
        _ = oauthcc.registration_url
