from __future__ import annotations

import base64
import hashlib
import json
import uuid

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from pytest_oauthcc import OMIT
from pytest_oauthcc.core.dpop import PROOF_ALGS
from pytest_oauthcc.core.keys import make_key
from pytest_oauthcc.core.raw_jwt import thumbprint

KEY = ec.generate_private_key(ec.SECP256R1())
OTHER = ec.generate_private_key(ec.SECP256R1())


def public(key=KEY):
    jwk = ECAlgorithm.to_jwk(key.public_key(), as_dict=True)
    jwk.pop("key_ops", None)
    return jwk


def ath(token):
    return base64.urlsafe_b64encode(hashlib.sha256(token.encode()).digest()).rstrip(b"=").decode()


def prove(oauthcc, method, url, *, token=None, key=KEY, header=None, alg="ES256", **claims):
    """Make a proof; what is given replaces the right claims and header members, and OMIT leaves one out."""
    right = {"jti": str(uuid.uuid4()), "htm": method, "htu": url, "iat": int(oauthcc.clock.time())}
    if token is not None:
        right["ath"] = ath(token)
    payload = {name: value for name, value in {**right, **claims}.items() if value is not OMIT}
    head = {"typ": "dpop+jwt", "jwk": public(key), **(header or {})}
    head = {name: value for name, value in head.items() if value is not OMIT}
    return jwt.encode(payload, key, algorithm=alg, headers=head)


def ask(oauthcc, proof=None, **proof_options):
    """Send a token request with a proof."""
    if proof is None:
        proof = prove(oauthcc, "POST", oauthcc.token_url, **proof_options)
    return requests.post(
        oauthcc.token_url,
        data={"grant_type": "client_credentials"},
        auth=(oauthcc.client_id, oauthcc.client_secret),
        headers={"DPoP": proof} if proof else {},
        timeout=5,
    )


def call(oauthcc, token, proof=None, scheme="DPoP", path="orders", **proof_options):
    """Send an API request with a token and a proof."""
    url = oauthcc.api_url + path
    if proof is None:
        proof = prove(oauthcc, "GET", url, token=token, **proof_options)
    headers = {"Authorization": f"{scheme} {token}", **({"DPoP": proof} if proof else {})}
    return requests.get(url, headers=headers, timeout=5)


@pytest.mark.rfc("9449 §5 type", "9449 §6", "9700 §2.2.1")
@pytest.mark.oauthcc(dpop="optional")
def test_a_proof_binds_the_token_to_its_key(oauthcc):
    """A token that is asked for with a proof is bound to the key of the proof, and says so."""
    answer = ask(oauthcc)

    assert answer.json()["token_type"] == "DPoP"
    token = answer.json()["access_token"]
    bound = {"jkt": thumbprint(public())}
    assert jwt.decode(token, options={"verify_signature": False})["cnf"] == bound
    assert oauthcc.tokens[-1].jkt == bound["jkt"]
    assert call(oauthcc, token).status_code == 200
    told = requests.post(
        oauthcc.introspection_url,
        data={"token": token},
        auth=(oauthcc.client_id, oauthcc.client_secret),
        timeout=5,
    ).json()
    assert (told["active"], told["token_type"], told["cnf"]) == (True, "DPoP", bound)


@pytest.mark.rfc("9449 §6")
@pytest.mark.oauthcc(dpop="optional", token_format="opaque")
def test_an_opaque_token_is_bound_as_well(oauthcc):
    """The binding of an opaque token is known to the provider alone."""
    token = ask(oauthcc).json()["access_token"]

    assert call(oauthcc, token).status_code == 200
    assert call(oauthcc, token, key=OTHER).json()["error"] == "invalid_token"


@pytest.mark.oauthcc(dpop="required")
def test_a_token_that_a_test_wrote_into_the_answer_is_bound_as_well(oauthcc):
    """It is good at the API with the key that proved the request, if the answer calls it DPoP."""
    oauthcc.token_endpoint.reply(json={"access_token": "scripted", "token_type": "dpop"}, times=1)
    ask(oauthcc)

    assert call(oauthcc, "scripted").status_code == 200
    assert call(oauthcc, "scripted", key=OTHER).json()["error"] == "invalid_token"

    oauthcc.token_endpoint.reply(json={"access_token": "plain", "token_type": "Bearer"}, times=1)
    ask(oauthcc)
    assert oauthcc.tokens[-1].jkt is None, "it was not said to be bound"


@pytest.mark.oauthcc(dpop="optional")
def test_without_a_proof_it_is_a_bearer_token(oauthcc):
    """Where DPoP is optional, a request without proof gets what it always got."""
    answer = ask(oauthcc, proof="").json()

    assert answer["token_type"] == "Bearer"
    assert call(oauthcc, answer["access_token"], proof="", scheme="Bearer").status_code == 200


def test_switched_off_a_proof_is_ignored(oauthcc):
    """A provider without DPoP does not look at the header, and its API knows no such scheme."""
    answer = ask(oauthcc, proof="whatever").json()

    assert answer["token_type"] == "Bearer"
    refused = call(oauthcc, answer["access_token"])
    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"] == 'Bearer realm="oauthcc"'
    oauthcc.allow({"dpop-proof-malformed": "the header is ignored here", "dpop-proof-claims": "the same"})


@pytest.mark.oauthcc(dpop="required")
def test_required_means_required(oauthcc):
    """Where DPoP is required, no proof is a bad request, and a token that is bound to nothing is refused."""
    refused = ask(oauthcc, proof="")

    assert (refused.status_code, refused.json()["error"]) == (400, "invalid_request")
    assert "the header DPoP is missing" in refused.json()["error_description"]
    plain = call(oauthcc, oauthcc.mint(), proof="", scheme="Bearer")
    assert (plain.status_code, plain.json()["error"]) == (401, "invalid_token")
    assert plain.headers["WWW-Authenticate"].startswith('DPoP realm="oauthcc", error="invalid_token"')
    assert f'algs="{" ".join(PROOF_ALGS)}"' in plain.headers["WWW-Authenticate"]


def signed_by_hand(header, claims):
    head, body = (
        base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode() for part in (header, claims)
    )
    return f"{head}.{body}."


WRONG = {
    "typ": ({"header": {"typ": "JWT"}}, "typ 'JWT'"),
    "no typ": ({"header": {"typ": ""}}, "typ None"),
    "no jwk": ({"header": {"jwk": OMIT}}, "no public key as jwk"),
    "jwk of another key": ({"header": {"jwk": public(OTHER)}}, "does not verify with its own jwk"),
    "private jwk": (
        {"header": {"jwk": {**public(), "d": "AAAA"}}},
        "holds the private key",
    ),
    "jwk that is none": ({"header": {"jwk": {"kty": "EC"}}}, "does not verify with its own jwk"),
    "no jti": ({"jti": OMIT}, "no jti"),
    "jti of another type": ({"jti": 7}, "no jti"),
    "no htm and no htu": ({"htm": OMIT, "htu": OMIT}, "no htm and no htu"),
    "htm": ({"htm": "GET"}, "htm 'GET', and the request is a POST"),
    "htm in small letters": ({"htm": "post"}, "htm 'post'"),
    "htu of another path": ({"htu": "https://auth.oauthcc.test/token"}, "htu is not the URL"),
    "htu of another host": ({"htu": "https://auth.elsewhere.test/oauth/token"}, "htu is not the URL"),
    "htu with a query": ({"htu": "https://auth.oauthcc.test/oauth/token?a=1"}, "htu is not the URL"),
    "htu that is no URL": ({"htu": "https://[auth/"}, "htu is not the URL"),
    "no iat": ({"iat": OMIT}, "iat None"),
    "iat as text": ({"iat": "1"}, "iat '1'"),
}


@pytest.mark.rfc("9449 §4.2 header", "9449 §4.2 claims", "9449 §4.3 request")
@pytest.mark.parametrize(("options", "said"), WRONG.values(), ids=WRONG)
@pytest.mark.oauthcc(dpop="optional", strict=False)
def test_each_wrong_proof_is_refused(oauthcc, options, said):
    """Every point of RFC 9449 section 4.3 is looked at, and the answer says which one failed."""
    answer = ask(oauthcc, **options)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_dpop_proof")
    assert said in oauthcc.token_requests[-1].verdict.detail
    assert not oauthcc.tokens


@pytest.mark.rfc("9449 §4.2 header")
@pytest.mark.oauthcc(dpop="optional", strict=False)
def test_algorithms_that_prove_nothing_are_refused(oauthcc):
    """A proof that is unsigned, signed with a shared secret, or no JWT proves nothing."""
    claims = {"jti": "1", "htm": "POST", "htu": oauthcc.token_url, "iat": int(oauthcc.clock.time())}
    for alg in ("none", "HS256"):
        answer = ask(oauthcc, proof=signed_by_hand({"typ": "dpop+jwt", "alg": alg, "jwk": public()}, claims))
        assert answer.json()["error"] == "invalid_dpop_proof"
        assert f"alg '{alg}'" in answer.json()["error_description"]
    assert "no JWT" in ask(oauthcc, proof="garbage").json()["error_description"]


@pytest.mark.rfc("9449 §4.3 once")
@pytest.mark.oauthcc(dpop="optional", strict=False)
def test_one_header_only(oauthcc):
    """Two proofs are one too many."""
    from pytest_oauthcc.core.messages import Headers, Request

    proof = prove(oauthcc, "POST", oauthcc.token_url)
    request = Request("POST", oauthcc.token_url, Headers([("DPoP", proof), ("DPoP", proof)]))
    verdict = oauthcc.authority.state.token_proofs.check(request, now=oauthcc.clock.time())

    assert verdict.detail == "there are 2 DPoP headers; one is allowed"


@pytest.mark.rfc("9449 §11.1")
@pytest.mark.parametrize(("offset", "taken"), [(-59, True), (59, True), (-62, False), (62, False)])
@pytest.mark.oauthcc(dpop="optional")
def test_a_proof_is_good_for_a_minute(oauthcc, offset, taken):
    """A proof is taken for a short time around its iat, by the provider's own clock."""
    answer = ask(oauthcc, iat=int(oauthcc.clock.time()) + offset)

    assert (answer.status_code == 200) == taken
    if not taken:
        assert "60 s are allowed" in answer.json()["error_description"]


@pytest.mark.rfc("9449 §11.1")
@pytest.mark.oauthcc(dpop="optional", strict=False)
def test_a_proof_is_good_once(oauthcc):
    """The same proof is refused the second time, and its memory does not last longer than the proof."""
    proof = prove(oauthcc, "POST", oauthcc.token_url, jti="once")
    assert ask(oauthcc, proof=proof).status_code == 200
    again = ask(oauthcc, proof=proof)

    assert (again.status_code, again.json()["error"]) == (400, "invalid_dpop_proof")
    assert "was used before" in again.json()["error_description"]
    assert ask(oauthcc, key=OTHER, jti="once").status_code == 200
    oauthcc.clock.advance(seconds=130)
    assert ask(oauthcc, jti="once").status_code == 200


@pytest.mark.rfc("9449 §4.3 request")
@pytest.mark.parametrize("htu", ["HTTPS://AUTH.oauthcc.test:443/oauth/token", "https://auth.oauthcc.test/oauth/token"])
@pytest.mark.oauthcc(dpop="optional")
def test_htu_compares_as_urls_do(oauthcc, htu):
    """Case of scheme and host and the usual port don't matter."""
    assert ask(oauthcc, htu=htu).status_code == 200


@pytest.mark.rfc("9449 §5.1")
@pytest.mark.parametrize("alg", PROOF_ALGS)
@pytest.mark.oauthcc(dpop="optional")
def test_every_algorithm_that_is_offered_is_taken(oauthcc, alg):
    """The metadata tell the truth about the algorithms of proofs."""
    told = requests.get(oauthcc.metadata_url, timeout=5).json()["dpop_signing_alg_values_supported"]
    assert tuple(told) == PROOF_ALGS
    if alg == "ES512":
        private = ec.generate_private_key(ec.SECP521R1())
        jwk = ECAlgorithm.to_jwk(private.public_key(), as_dict=True)
    else:
        made = make_key(alg)
        private, jwk = made.private, dict(made.public_jwk)
    jwk.pop("key_ops", None)
    claims = {"jti": "1", "htm": "POST", "htu": oauthcc.token_url, "iat": int(oauthcc.clock.time())}
    answer = ask(oauthcc, proof=jwt.encode(claims, private, alg, {"typ": "dpop+jwt", "jwk": jwk}))
    assert answer.status_code == 200, answer.json()
    assert answer.json()["token_type"] == "DPoP"


API_WRONG = {
    "another key": ({"key": OTHER}, "invalid_token", "bound to another key"),
    "ath of another token": ({"ath": ath("another")}, "invalid_dpop_proof", "ath is not the hash"),
    "no ath": ({"ath": OMIT}, "invalid_dpop_proof", "ath is missing"),
    "another method": ({"htm": "POST"}, "invalid_dpop_proof", "htm 'POST'"),
    "another URL": ({"htu": "https://api.oauthcc.test/"}, "invalid_dpop_proof", "htu is not"),
    "no proof": ({"proof": ""}, "invalid_dpop_proof", "no header DPoP"),
    "as Bearer": ({"scheme": "Bearer"}, "invalid_token", "was sent as Bearer"),
    "as Bearer without proof": ({"scheme": "Bearer", "proof": ""}, "invalid_token", "was sent as Bearer"),
}


@pytest.mark.rfc("9449 §7.1", "9449 §7.2", "9449 §4.2 claims")
@pytest.mark.parametrize(("options", "error", "said"), API_WRONG.values(), ids=API_WRONG)
@pytest.mark.oauthcc(dpop="optional", strict=False)
def test_the_api_refuses_what_is_not_proved(oauthcc, options, error, said):
    """The API wants a bound token as DPoP, with a proof of the right key for this very request."""
    token = ask(oauthcc).json()["access_token"]
    answer = call(oauthcc, token, **options)

    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert f'error="{error}"' in challenge
    assert said in oauthcc.api_requests[-1].verdict.detail
    if options.get("scheme") == "Bearer":
        assert challenge.startswith("Bearer ")
        assert ", DPoP algs=" in challenge
    else:
        assert challenge.startswith("DPoP ")


@pytest.mark.oauthcc(dpop="optional", strict=False)
def test_a_bearer_token_is_no_dpop_token(oauthcc):
    """A token without binding can't be upgraded by a proof."""
    answer = call(oauthcc, oauthcc.mint())

    assert answer.status_code == 401
    assert "is bound to no key" in answer.json()["error_description"]


@pytest.mark.oauthcc(dpop="optional")
def test_a_minted_token_may_be_bound(oauthcc):
    """A token that a test mints with cnf is bound to that key."""
    token = oauthcc.mint(claims={"cnf": {"jkt": thumbprint(public())}})

    assert call(oauthcc, token).status_code == 200
    oauthcc.clock.expire()
    assert "expired" in call(oauthcc, token).json()["error_description"]


@pytest.mark.oauthcc(dpop="optional")
def test_a_proof_of_the_api_is_good_once_there(oauthcc):
    """The API refuses a replayed proof as the token endpoint does."""
    token = ask(oauthcc).json()["access_token"]
    proof = prove(oauthcc, "GET", oauthcc.api_url + "orders", token=token)
    assert call(oauthcc, token, proof=proof).status_code == 200
    assert call(oauthcc, token, proof=proof).json()["error"] == "invalid_dpop_proof"


@pytest.mark.rfc("9449 §8", "9449 §11.3")
@pytest.mark.oauthcc(dpop="optional", dpop_nonce=True)
def test_a_nonce_is_demanded_told_and_changed(oauthcc):
    """A proof without nonce is challenged; the next has it; five minutes later an answer brings a new one."""
    refused = ask(oauthcc)
    assert (refused.status_code, refused.json()["error"]) == (400, "use_dpop_nonce")
    nonce = refused.headers["DPoP-Nonce"]
    assert len(nonce) > 20

    taken = ask(oauthcc, nonce=nonce)
    assert taken.status_code == 200
    assert "DPoP-Nonce" not in taken.headers

    oauthcc.clock.advance(seconds=300)
    renewed = ask(oauthcc, nonce=nonce)
    assert renewed.status_code == 200
    assert renewed.headers["DPoP-Nonce"] != nonce

    oauthcc.clock.advance(seconds=300)
    assert ask(oauthcc, nonce=nonce).json()["error"] == "use_dpop_nonce"


@pytest.mark.rfc("9449 §9")
@pytest.mark.oauthcc(dpop="required", dpop_nonce=True)
def test_the_api_has_a_nonce_of_its_own(oauthcc):
    """The API challenges with 401 and its own nonce; that of the token endpoint does not count there."""
    nonce = ask(oauthcc).headers["DPoP-Nonce"]
    token = ask(oauthcc, nonce=nonce).json()["access_token"]
    refused = call(oauthcc, token, nonce=nonce)

    assert refused.status_code == 401
    assert refused.headers["WWW-Authenticate"].startswith('DPoP realm="oauthcc", error="use_dpop_nonce"')
    assert refused.headers["DPoP-Nonce"] != nonce
    assert call(oauthcc, token, nonce=refused.headers["DPoP-Nonce"]).status_code == 200


@pytest.mark.oauthcc(dpop="optional", auth_methods=["private_key_jwt"], dpop_nonce=True)
def test_a_challenge_does_not_use_an_assertion_up(oauthcc):
    """A client that repeats its request with a nonce may send the same assertion."""
    now = int(oauthcc.clock.time())
    who = {"iss": oauthcc.client_id, "sub": oauthcc.client_id, "aud": oauthcc.issuer}
    assertion = jwt.encode({**who, "exp": now + 60, "jti": "1"}, oauthcc.private_key, "RS256")

    def send(**options):
        return requests.post(
            oauthcc.token_url,
            data={
                "grant_type": "client_credentials",
                "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
                "client_assertion": assertion,
            },
            headers={"DPoP": prove(oauthcc, "POST", oauthcc.token_url, **options)},
            timeout=5,
        )

    challenged = send()
    assert challenged.json()["error"] == "use_dpop_nonce"
    assert send(nonce=challenged.headers["DPoP-Nonce"]).status_code == 200


@pytest.mark.parametrize("nonce", [False, True])
def test_requests_oauth2client_does_it_all(oauthcc_factory, nonce):
    """A real client gets a bound token, proves it to the API, and answers the challenges for nonces."""
    requests_oauth2client = pytest.importorskip("requests_oauth2client")
    provider = oauthcc_factory(dpop="required", dpop_nonce=nonce)
    client = requests_oauth2client.OAuth2Client(
        token_endpoint=provider.token_url, client_id=provider.client_id, client_secret=provider.client_secret
    )
    token = client.client_credentials(dpop=True)

    assert token.token_type == "DPoP"
    answer = requests.get(provider.api_url + "orders", auth=token, timeout=5)
    assert answer.status_code == 200
    assert len(provider.token_requests) == len(provider.api_requests) == (2 if nonce else 1)


def test_the_metadata_are_silent_without_dpop(oauthcc):
    """Where DPoP is off, nobody says that there is any."""
    assert "dpop_signing_alg_values_supported" not in requests.get(oauthcc.metadata_url, timeout=5).json()
