"""What the metadata say is compared with what the fake does: what is listed is taken, and what is not is refused."""

from __future__ import annotations

import itertools
import json

import jwt
import pytest
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.algorithms import ECAlgorithm

from pytest_oauthcc.core.authority import key_of
from pytest_oauthcc.core.keys import session_key
from pytest_oauthcc.profiles import profile_names

rfc = pytest.mark.rfc

PASSWORDS = ("client_secret_basic", "client_secret_post")
METHODS = (*PASSWORDS, "client_secret_jwt", "private_key_jwt")
ALGS = {
    "client_secret_jwt": ("HS256", "HS384", "HS512"),
    "private_key_jwt": ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"),
}
KINDS = {"RS": "RS256", "PS": "RS256", "Ed": "EdDSA"}  # which key signs by which algorithms
GRANTS = (
    "client_credentials",
    "account_credentials",
    "password",
    "refresh_token",
    "authorization_code",
    "urn:ietf:params:oauth:grant-type:jwt-bearer",
    "Client_Credentials",
)
TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
_count = itertools.count()


def private_key(alg):
    """Return the private key of the tests for an algorithm."""
    if alg == "ES512":
        return P521
    return session_key(KINDS.get(alg[:2], alg)).private


P521 = ec.generate_private_key(ec.SECP521R1())


def all_keys():
    """Return one public key of each kind, as the client registers them."""
    kinds = [session_key(alg).public_jwk for alg in ("RS256", "ES256", "ES384", "EdDSA")]
    plain = [{name: value for name, value in key.items() if name not in {"kid", "alg"}} for key in kinds]
    odd = {k: v for k, v in ECAlgorithm.to_jwk(P521.public_key(), as_dict=True).items() if k != "key_ops"}
    return {"keys": [*plain, odd]}


class Caller:
    """Speaks to a provider in the way that its options and its profile demand."""

    def __init__(self, provider):
        self.provider = provider
        self.state = provider.authority.state
        self.told = requests.get(provider.metadata_url, timeout=5).json()

    def scope(self):
        """Return a scope that has to be asked for; nothing where none has to."""
        dialect = self.state.dialect.scope
        if dialect.resource_suffix is not None:
            return f"{self.state.audience[0]}{dialect.resource_suffix}"
        wanted = dialect.required or (self.state.settings.scopes or ("orders",))[:1]
        return " ".join(wanted) if dialect.required or dialect.missing == "refuse" else None

    def parameters(self, **changes):
        """Return the parameters of a right token request, but for credentials and the changes; None leaves one out."""
        dialect = self.state.dialect
        right = {"grant_type": dialect.grant_types[0], "scope": self.scope(), **self.state.settings.params}
        if dialect.audience_required:
            right[dialect.audience_param or "audience"] = self.state.audience[0]
        return {name: value for name, value in {**right, **changes}.items() if value is not None}

    def credentials(self, method, alg=None, client=None):
        """Return the header and the parameters that authenticate a client."""
        client = client or self.state.main_client
        if method == "client_secret_basic":
            pair = requests.auth._basic_auth_str(client.client_id, client.client_secret)
            return {"Authorization": pair}, {}
        if method == "client_secret_post":
            return {}, {"client_id": client.client_id, "client_secret": client.client_secret}
        now = int(self.provider.clock.time())
        about = {"iss": client.client_id, "sub": client.client_id, "aud": self.told["issuer"], "exp": now + 60}
        alg = alg or ALGS[method][0]
        key = client.client_secret if method == "client_secret_jwt" else private_key(alg)
        signed = jwt.encode({**about, "jti": str(next(_count))}, key, alg)
        return {}, {"client_assertion_type": TYPE, "client_assertion": signed}

    def ask(self, credentials=None, headers=None, **changes):
        """Send a token request."""
        if credentials is None:
            credentials = self.credentials(self.told["token_endpoint_auth_methods_supported"][0])
        fields, more = credentials
        settings = self.state.settings
        form = {**self.parameters(**changes), **more}
        options = {
            "form": {"data": form},
            "json": {"json": form},
            "multipart": {"files": {name: (None, value) for name, value in form.items()}},
            "query": {"params": form},
        }[settings.body_formats[0]]
        return requests.request(
            settings.methods[0],
            self.told["token_endpoint"],
            headers={**settings.headers, **fields, **(headers or {})},
            timeout=5,
            **options,
        )

    def gets_a_token(self, *arguments, **changes):
        """Whether a token request got a token."""
        before = len(self.provider.tokens)
        answer = self.ask(*arguments, **changes)
        got = len(self.provider.tokens) > before
        assert got == (answer.status_code == 200), answer.text
        return got

    def is_let_in(self, endpoint, credentials):
        """Whether another endpoint takes the credentials."""
        fields, more = credentials
        answer = requests.post(self.told[endpoint], data={"token": "x", **more}, headers=fields, timeout=5)
        assert answer.status_code in {200, 400, 401}, answer.text
        return answer.status_code == 200


OPTIONS = {
    "plain": {},
    **{method: {"auth_methods": [method]} for method in METHODS},
    "every method": {"auth_methods": list(METHODS)},
    "signed": {"auth_methods": ["private_key_jwt", "client_secret_jwt"]},
    "scopes": {"scopes": "orders:read orders:write", "default_scopes": "orders:read"},
    "issuer with a path": {"issuer": "https://auth.truth.test/tenant/", "token_url": "https://auth.truth.test/t/token"},
    "opaque": {"token_format": "opaque"},
    "rs256": {"signing_alg": "RS256"},
    "hs256": {"signing_alg": "HS256"},
    "dpop": {"dpop": "optional"},
    "registration": {"registration": True, "auth_methods": list(METHODS), "scopes": "orders:read orders:write"},
    "demanding": {
        "headers": {"X-Tenant": "t1"},
        "params": {"tenant": "t1"},
        "body_formats": ["json"],
        "auth_methods": ["client_secret_post"],
    },
    "two audiences": {"audience": ["https://api.oauthcc.test/", "https://other.oauthcc.test/"]},
}
CASES = [*((None, name) for name in OPTIONS), *((profile, "plain") for profile in profile_names())]
CASES += [("zoom", "registration"), ("entra", "scopes"), ("auth0", "every method"), ("keycloak", "dpop")]


@pytest.fixture(params=CASES, ids=lambda case: " ".join(filter(None, case)))
def caller(request, oauthcc_factory):
    """Give who speaks to one provider after the other."""
    profile, name = request.param
    own = {"licences": 1000} if profile == "jim2" else {}
    made = oauthcc_factory(
        profile,
        strict=False,
        client_jwks=all_keys(),
        client_secret="s" * 64,
        max_exchanges=10_000,
        **OPTIONS[name],
        **own,
    )
    return Caller(made)


@rfc("8414 §2 members", "8414 §2 methods")
def test_the_methods_of_authentication_are_those_that_are_listed(caller):
    """Each listed method is taken at all three endpoints, and each that is not listed is refused at all three."""
    listed = {
        endpoint: caller.told[f"{endpoint}_endpoint_auth_methods_supported"]
        for endpoint in ("token", "introspection", "revocation")
    }
    taken = {
        "token": [method for method in METHODS if caller.gets_a_token(caller.credentials(method))],
        **{
            endpoint: [
                method for method in METHODS if caller.is_let_in(f"{endpoint}_endpoint", caller.credentials(method))
            ]
            for endpoint in ("introspection", "revocation")
        },
    }
    assert taken == {endpoint: sorted(methods, key=METHODS.index) for endpoint, methods in listed.items()}
    assert not caller.gets_a_token(({}, {"client_id": caller.provider.client_id}))


@rfc("8414 §2 algs")
def test_the_algorithms_of_assertions_are_those_that_are_listed(caller):
    """Each listed algorithm authenticates, each other one does not, and there is a list only where something signs."""
    taken = [
        alg for method, algs in ALGS.items() for alg in algs if caller.gets_a_token(caller.credentials(method, alg))
    ]
    for endpoint in ("token", "introspection", "revocation"):
        listed = caller.told.get(f"{endpoint}_endpoint_auth_signing_alg_values_supported")
        assert sorted(listed or []) == sorted(taken)
        assert listed != []
    for alg in ("none", "ES256K"):
        head = jwt.utils.base64url_encode(json.dumps({"alg": alg}).encode()).decode()
        _, right = caller.credentials("private_key_jwt")
        _, body, signature = right["client_assertion"].split(".")
        assert not caller.gets_a_token(({}, {**right, "client_assertion": f"{head}.{body}.{signature}"}))


@rfc("8414 §2 members")
def test_the_grant_types_are_those_that_are_listed(caller):
    """Each listed grant type gets a token, and none of the others that there are."""
    taken = [grant for grant in GRANTS if caller.gets_a_token(grant_type=grant)]
    assert sorted(taken) == sorted(caller.told["grant_types_supported"])


@rfc("8414 §2 members", "8414 §2 scopes")
def test_the_scopes_are_those_that_are_listed(caller):
    """Each listed scope can be had, one that is not listed can't; without a list any can, where scopes are free."""
    listed = caller.told.get("scopes_supported")
    dialect = caller.state.dialect.scope
    for scope in listed or ():
        wanted = dialect.separator.join(dict.fromkeys((scope, *dialect.required)))
        assert caller.gets_a_token(scope=wanted), scope
    if dialect.resource_suffix is not None:
        assert not caller.gets_a_token(scope="orders:nobody")
        return
    unknown = dialect.separator.join(("orders:nobody", *dialect.required))
    got = caller.gets_a_token(scope=unknown)
    if listed is None:
        assert got
    elif got:
        assert "orders:nobody" not in caller.provider.tokens[-1].scopes


@rfc("8414 §2 issuer", "8414 §2 members", "8414 §3", "8414 §3.2")
def test_the_endpoints_are_where_the_document_says(caller):
    """Each URL in the document is served, the document is the same at all its places, and nothing in it is empty."""
    told, provider = caller.told, caller.provider
    assert told["issuer"] == provider.issuer
    assert told["token_endpoint"] == provider.token_url
    assert [] not in told.values()
    assert None not in told.values()
    keys = requests.get(told["jwks_uri"], timeout=5).json()["keys"]
    assert all(not {"d", "p", "q", "k"} & key.keys() for key in keys)
    issuer = told["issuer"].rstrip("/")
    site, _, path = issuer.partition("//")[2].partition("/")
    scheme = issuer.partition("//")[0]
    for place in (
        f"{scheme}//{site}/.well-known/oauth-authorization-server/{path}".rstrip("/"),
        f"{issuer}/.well-known/openid-configuration",
    ):
        assert requests.get(place, timeout=5).json() == told
    assert ("registration_endpoint" in told) == caller.state.settings.registration


@rfc("9068 §2.1 signed", "8414 §2 members")
def test_the_keys_are_those_that_sign(caller):
    """A JWT verifies with the one published key that its header names, where the key has a public half."""
    assert caller.gets_a_token()
    token = caller.provider.tokens[-1].value
    if not caller.provider.tokens[-1].claims:
        return
    header = jwt.get_unverified_header(token)
    keys = requests.get(caller.told["jwks_uri"], timeout=5).json()["keys"]
    if header["alg"].startswith("HS"):
        assert keys == []
        return
    (found,) = [key for key in keys if key["kid"] == header["kid"]]
    assert found["alg"] == header["alg"]
    claims = jwt.decode(token, jwt.PyJWK(found), algorithms=[header["alg"]], options={"verify_aud": False})
    assert claims.get("iss", caller.told["issuer"]) == caller.told["issuer"]


@rfc("9449 §5.1")
@pytest.mark.parametrize("dpop", ["off", "optional", "required"])
def test_dpop_is_listed_where_it_is_taken(oauthcc_factory, dpop):
    """Proofs bind tokens by each listed algorithm and by no other; without a list they bind nothing."""
    caller = Caller(oauthcc_factory(dpop=dpop, strict=False))
    bound = []
    for alg in (*ALGS["private_key_jwt"], "HS256", "none"):
        proof = _proof(caller, alg)
        before = len(caller.provider.tokens)
        caller.ask(headers={"DPoP": proof})
        bound += [alg for token in caller.provider.tokens[before:] if token.jkt is not None]
    assert sorted(bound) == sorted(caller.told.get("dpop_signing_alg_values_supported", []))
    assert caller.gets_a_token() == (dpop != "required")


def _proof(caller, alg):
    now = int(caller.provider.clock.time())
    claims = {"jti": str(next(_count)), "htm": "POST", "htu": caller.told["token_endpoint"], "iat": now}
    if alg in {"HS256", "none"}:
        return jwt.encode(claims, "x" * 32 if alg == "HS256" else None, alg, {"typ": "dpop+jwt"})
    key = private_key(alg)
    algorithm = jwt.get_algorithm_by_name(alg)
    jwk = {k: v for k, v in algorithm.to_jwk(key.public_key(), as_dict=True).items() if k != "key_ops"}
    return jwt.encode(claims, key, alg, {"typ": "dpop+jwt", "jwk": jwk})


@rfc("7591 §3", "7591 §3.2.2", "8414 §2 members")
@pytest.mark.parametrize("profile", [None, "zoom", "keycloak"])
def test_a_client_may_register_what_the_metadata_list(oauthcc_factory, profile):
    """A client that registers a listed method and grant can use them, and one that registers another is refused."""
    made = oauthcc_factory(profile, registration=True, auth_methods=list(METHODS[1:]), strict=False)
    caller = Caller(made)
    for method, grant in itertools.product(METHODS, GRANTS):
        jwks = {"jwks": all_keys()} if method == "private_key_jwt" else {}
        wanted = {"token_endpoint_auth_method": method, "grant_types": [grant], **jwks}
        answer = requests.post(caller.told["registration_endpoint"], json=wanted, timeout=5)
        is_listed = (
            method in caller.told["token_endpoint_auth_methods_supported"]
            and grant in caller.told["grant_types_supported"]
        )
        assert (answer.status_code == 201) == is_listed, answer.text
        if not is_listed:
            assert answer.json()["error"] == "invalid_client_metadata"
            continue
        assert answer.json()["grant_types"] == [grant]
        client = caller.state.clients[answer.json()["client_id"]]
        for other in METHODS:
            if other == "client_secret_jwt" and not client.client_secret:
                continue
            got = caller.gets_a_token(caller.credentials(other, client=client), grant_type=grant)
            assert got == (other == method)


def test_the_one_member_that_nothing_serves(caller):
    """Nobody logs in here, but OpenID clients refuse a document without authorization_endpoint: it is there, unserved."""
    endpoints = {name: url for name, url in caller.told.items() if name.endswith("_endpoint")}
    served = {name for name, url in endpoints.items() if key_of(url) in caller.provider.authority.endpoints}
    assert set(endpoints) - served == {"authorization_endpoint"}
    assert caller.told["response_types_supported"] == ["none"]
