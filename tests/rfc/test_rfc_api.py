from __future__ import annotations

import re

import jwt
import pytest
import requests

rfc = pytest.mark.rfc


def challenge(answer):
    """Return the attributes of a Bearer challenge, each of which is there once."""
    scheme, _, rest = answer.headers["WWW-Authenticate"].partition(" ")
    pairs = re.findall(r'([a-z_]+)="([\x20-\x21\x23-\x5b\x5d-\x7e]*)"(?:, )?', rest)
    assert scheme == "Bearer"
    assert ", ".join(f'{name}="{value}"' for name, value in pairs) == rest
    assert len(dict(pairs)) == len(pairs) >= 1
    return dict(pairs)


@rfc("6750 §2.1", "6749 §7")
def test_a_good_token_is_let_in_until_it_expires(oauthcc, party):
    """The header is understood, and the token is good until the moment of its expiry."""
    token = oauthcc.mint(expires_in=60)
    assert party.call(token).status_code == 200
    assert party.call(headers={"Authorization": f"bearer {token}"}).status_code == 200
    oauthcc.clock.expire(token, before=1)
    assert party.call(token).status_code == 200
    oauthcc.clock.expire(token)
    assert challenge(party.call(token))["error"] == "invalid_token"


@rfc("6750 §2")
def test_one_token_in_one_place(oauthcc, party):
    """A token in the header and another in the query or the body are refused."""
    token = oauthcc.mint()
    for more in ({"params": {"access_token": token}}, {"method": "POST", "data": {"access_token": token}}):
        answer = party.call(token, **more)
        assert (answer.status_code, challenge(answer)["error"]) == (400, "invalid_request")


@rfc("6750 §2.2", "6750 §2.3", "9700 §4.3.2", "2.1 query", "6750 §3.1 silent", "6750 §3 challenge")
def test_a_token_elsewhere_is_none(oauthcc, party):
    """A token in the query or in the body is not looked at; the challenge has no error, for there was no token."""
    token = oauthcc.mint()
    for more in ({"params": {"access_token": token}}, {"method": "POST", "data": {"access_token": token}}, {}):
        answer = party.call(**more)
        assert answer.status_code == 401
        assert challenge(answer) == {"realm": "oauthcc"}


@rfc("6750 §3.1 codes", "6750 §3.1 scope", "6750 §3 once", "6749 §7")
def test_too_little_scope_is_403(oauthcc, party):
    """A token without the scope is forbidden, and told what is missing."""
    oauthcc.api.require(scope="orders:write")
    answer = party.call(oauthcc.mint("orders:read"))

    assert answer.status_code == 403
    told = challenge(answer)
    assert (told["error"], told["scope"]) == ("insufficient_scope", "orders:write")


@rfc("6750 §3.1 codes", "6749 §10.3")
def test_an_altered_token_is_401(oauthcc, party):
    """Any other character in a token makes it none."""
    token = oauthcc.mint()
    place = len(token) // 2
    answer = party.call(token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :])

    assert answer.status_code == 401
    assert challenge(answer)["error"] == "invalid_token"


@rfc("6750 §5.3", "9068 §2.2 claims", "9068 §2.2 sub", "9068 §2.2.3", "9068 §2.1 typ", "9068 §3")
def test_a_token_has_what_it_has_to_have(oauthcc, party):
    """The claims of RFC 9068 are there: for one API, for an hour, with the client as the subject and scope as a text."""
    value = party.ask({"scope": "orders:read orders:write"}).json()["access_token"]
    claims = jwt.decode(value, options={"verify_signature": False})

    assert set(claims) == {"iss", "exp", "aud", "sub", "client_id", "iat", "jti", "scope"}
    assert claims["iss"] == oauthcc.issuer
    assert claims["aud"] == oauthcc.api_url
    assert claims["sub"] == claims["client_id"] == oauthcc.client_id
    assert claims["scope"] == "orders:read orders:write"
    assert 0 < claims["exp"] - claims["iat"] <= 3601
    assert jwt.get_unverified_header(value)["typ"] == "at+jwt"


@rfc("9068 §2.1 signed", "7638 §3")
@pytest.mark.filterwarnings("ignore:EdDSA is deprecated")
@pytest.mark.parametrize("alg", ["RS256", "RS384", "RS512", "PS256", "ES256", "ES384", "EdDSA"])
def test_a_token_verifies_with_the_published_key(oauthcc_factory, alg):
    """Every algorithm signs tokens that verify with the key in the JWKS, whose kid is its thumbprint."""
    import joserfc.jwk
    import joserfc.jwt

    made = oauthcc_factory(signing_alg=alg)
    token = made.mint("orders:read")
    keys = requests.get(made.jwks_url, timeout=5).json()
    found = jwt.PyJWKClient(made.jwks_url).get_signing_key_from_jwt(token)

    assert (
        jwt.decode(token, found, algorithms=[alg], audience=made.api_url, issuer=made.issuer)["scope"] == "orders:read"
    )
    ring = joserfc.jwk.KeySet.import_key_set(keys)
    assert joserfc.jwt.decode(token, ring, algorithms=[alg]).claims["iss"] == made.issuer
    assert [key.thumbprint() for key in ring.keys] == [key["kid"] for key in keys["keys"]]
    assert not {"d", "p", "q", "k"} & set(keys["keys"][0])


@rfc("9068 §4")
def test_every_forgery_is_refused(oauthcc, party):
    """The API refuses all of them as invalid tokens, but for those with too little scope."""
    for forged in oauthcc.forgeries():
        answer = party.call(forged.value)
        assert answer.status_code == forged.status, forged
        expected = "insufficient_scope" if forged.status == 403 else "invalid_token"
        assert challenge(answer)["error"] == expected


@rfc("9700 §2.3", "9700 §4.10.2")
def test_a_token_for_another_api_is_refused(oauthcc, party):
    """A token of the same issuer for another audience is no token here."""
    answer = party.call(oauthcc.mint(claims={"aud": "https://api.elsewhere.test/"}))
    assert (answer.status_code, challenge(answer)["error"]) == (401, "invalid_token")


@rfc("9068 §2.1 signed")
def test_an_overlap_of_keys(oauthcc, party):
    """After a rotation the new key signs, the old one is still published; without overlap it is withdrawn."""
    old = oauthcc.mint()
    oauthcc.rotate_keys()
    new = oauthcc.mint()
    kids = [key["kid"] for key in requests.get(oauthcc.jwks_url, timeout=5).json()["keys"]]
    assert kids == [jwt.get_unverified_header(new)["kid"], jwt.get_unverified_header(old)["kid"]]
    oauthcc.rotate_keys(keep_old=False)
    left = [key["kid"] for key in requests.get(oauthcc.jwks_url, timeout=5).json()["keys"]]
    assert len(left) == 1
    assert left[0] not in kids


def test_a_withdrawn_key_does_not_come_back(oauthcc, party):
    """After a rotation without overlap no key that signed before is published again, whatever its algorithm."""
    before = [oauthcc.mint(), oauthcc.mint(alg="RS256")]
    oauthcc.rotate_keys(keep_old=False)
    oauthcc.mint(alg="RS256")
    kids = {key["kid"] for key in requests.get(oauthcc.jwks_url, timeout=5).json()["keys"]}

    assert len(kids) == 2
    assert kids.isdisjoint(jwt.get_unverified_header(token)["kid"] for token in before)


def test_tokens_of_one_second_differ(oauthcc_factory):
    """Every token is another one, also where the provider's tokens have nothing unique in them; so each dies alone."""
    made = oauthcc_factory("auth0", strict=False)
    made.clock.freeze()
    first, second, third = (made.mint() for _ in range(3))
    made.revoke(second)
    statuses = [
        requests.get(made.api_url, headers={"Authorization": f"Bearer {token}"}, timeout=5).status_code
        for token in (first, second, third)
    ]

    assert statuses == [200, 401, 200]
