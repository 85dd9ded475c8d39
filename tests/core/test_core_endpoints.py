"""The other endpoints: metadata (RFC 8414), keys, introspection (RFC 7662), revocation (RFC 7009), licences."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest
from core_world import API_URL, CLIENT_ID, FORM, ISSUER, SECRET, TOKEN_URL, World, basic

from pytest_oauthcc.core.authority import Authority, key_of, site_of
from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.clients import Client
from pytest_oauthcc.core.dialect import Dialect, Licensing, ScopeDialect
from pytest_oauthcc.core.dpop import PROOF_ALGS
from pytest_oauthcc.core.messages import Request
from pytest_oauthcc.core.metadata import metadata_paths
from pytest_oauthcc.core.names import Names


def post(world, name, params, auth=None, **options):
    """Send a request to introspection or revocation."""
    url = getattr(world.authority, f"{name}_url")
    headers = {"Content-Type": FORM}
    if auth is not False:
        headers["Authorization"] = auth or basic()
    return world.send(options.pop("method", "POST"), url, headers, urlencode(params, doseq=True).encode())


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_metadata_say_what_there_is(method):
    """The document is true, has no empty lists, and is found where RFC 8414 and OpenID look for it."""
    world = World(scopes=("a", "b"), auth_methods=("client_secret_basic", "private_key_jwt"))

    got = world.send(method, world.authority.metadata_url)

    assert world.authority.metadata_url == f"{ISSUER}/.well-known/oauth-authorization-server"
    assert got.status == 200
    assert got.header("Content-Type") == "application/json"
    found = got.json
    for endpoint in ("token", "introspection", "revocation"):
        algs = found.pop(f"{endpoint}_endpoint_auth_signing_alg_values_supported")
        assert "RS256" in algs
        assert not {"none", "HS256"} & set(algs)
    methods = ["client_secret_basic", "private_key_jwt"]
    assert found == {
        "issuer": ISSUER,
        "token_endpoint": TOKEN_URL,
        "authorization_endpoint": f"{ISSUER}/authorize",
        "jwks_uri": f"{ISSUER}/.well-known/jwks.json",
        "introspection_endpoint": f"{ISSUER}/introspect",
        "revocation_endpoint": f"{ISSUER}/revoke",
        "grant_types_supported": ["client_credentials"],
        "response_types_supported": ["none"],
        "token_endpoint_auth_methods_supported": methods,
        "introspection_endpoint_auth_methods_supported": methods,
        "revocation_endpoint_auth_methods_supported": methods,
        "scopes_supported": ["a", "b"],
    }


def test_metadata_tell_what_is_switched_on():
    """What an option brings is in the metadata, and nothing of what it does not."""
    plain = World()
    told = World(registration=True, dpop="optional", certificate_binding="optional", mtls_aliases=True)

    def metadata(world):
        return world.send("GET", world.authority.metadata_url).json

    found = {name: value for name, value in metadata(told).items() if name not in metadata(plain)}
    assert found == {
        "registration_endpoint": f"{ISSUER}/register",
        "dpop_signing_alg_values_supported": list(PROOF_ALGS),
        "tls_client_certificate_bound_access_tokens": True,
        "mtls_endpoint_aliases": dict(told.authority.names.mtls_aliases),
    }


def test_metadata_tell_how_resources_are_asked_for():
    """Where a scope is a resource, the scopes are those of the APIs."""
    dialect = Dialect(scope=ScopeDialect(resource_suffix="/.default"))
    world = World(dialect, audience=("https://a.test", "https://b.test"))

    found = world.send("GET", world.authority.metadata_url).json
    assert found["scopes_supported"] == ["https://a.test/.default", "https://b.test/.default"]


def test_an_issuer_with_a_path_has_its_metadata_in_three_places():
    """RFC 8414 section 3.1 puts the well-known part in front of the path, OpenID behind it."""
    world = World(issuer="https://auth.fake.test/tenant/", token_url="https://auth.fake.test/tenant/token")

    for path in (
        "/.well-known/oauth-authorization-server/tenant",
        "/.well-known/openid-configuration/tenant",
        "/tenant/.well-known/openid-configuration",
    ):
        found = world.send("GET", f"https://auth.fake.test{path}").json
        assert found["issuer"] == "https://auth.fake.test/tenant/"
        assert found["jwks_uri"] == "https://auth.fake.test/tenant/.well-known/jwks.json"
        assert "scopes_supported" not in found
        assert "token_endpoint_auth_signing_alg_values_supported" not in found


@pytest.mark.parametrize(("path", "same"), [("/t/", "/t"), ("/", ""), ("/teX", "/teX")])
def test_a_slash_at_the_end_of_an_issuer_has_no_place_of_its_own(path, same):
    """RFC 8414 section 3.1 takes it away before the well-known part goes in."""
    assert metadata_paths(path) == (
        f"/.well-known/oauth-authorization-server{same}",
        f"/.well-known/openid-configuration{same}",
        f"{same}/.well-known/openid-configuration",
    )


def test_a_provider_knows_its_own_names():
    """The URLs by which it is called, as they are published."""
    names = World(issuer=f"{ISSUER}/t").authority.names

    assert (names.issuer, names.token_url, names.api_url) == (f"{ISSUER}/t", TOKEN_URL, API_URL)
    assert names.metadata_url == f"{ISSUER}/.well-known/oauth-authorization-server/t"
    assert names.jwks_url == f"{ISSUER}/t/.well-known/jwks.json"
    assert names.introspection_url == f"{ISSUER}/t/introspect"
    assert names.revocation_url == f"{ISSUER}/t/revoke"
    assert names.registration_url == f"{ISSUER}/t/register"


def test_a_dialect_may_publish_elsewhere():
    """Keys and further metadata are where the provider has them."""
    world = World(Dialect(jwks_url="{issuer}/keys", metadata_urls=("{issuer}/meta",)))

    assert world.send("GET", f"{ISSUER}/meta").json["jwks_uri"] == f"{ISSUER}/keys"
    assert world.authority.jwks_url == f"{ISSUER}/keys"
    assert world.send("GET", f"{ISSUER}/keys").status == 200


def test_keys_are_published():
    """The JWK set holds what verifies the tokens."""
    world = World()

    got = world.send("GET", world.authority.jwks_url)

    assert got.json == world.state.keys.jwks()
    assert got.json["keys"][0]["alg"] == "ES256"


@pytest.mark.parametrize("name", ["metadata", "jwks"])
def test_published_documents_are_read_only(name):
    """Anything but GET and HEAD is refused with what is allowed."""
    world = World()

    got = world.send("POST", getattr(world.authority, f"{name}_url"))

    assert (got.status, got.header("Allow")) == (405, "GET, HEAD")


def test_another_url_is_not_served():
    """The core answers None to what is not its own."""
    assert World().authority.respond(Request("GET", "https://auth.fake.test/x")) is None


def test_other_requests_are_journalled_apart():
    """They are in the whole journal under their own name, not among the exchanges of the test."""
    world = World()
    for url in (world.authority.metadata_url, world.authority.jwks_url):
        request = Request("GET", url)
        assert world.authority.respond(request).outcome.status == 200
    post_urls = (world.authority.introspection_url, world.authority.revocation_url)
    for url in post_urls:
        world.authority.respond(Request("POST", url))

    assert [entry.kind for entry in world.state.journal.all] == [
        "metadata request",
        "keys request",
        "introspection request",
        "revocation request",
    ]
    assert world.state.journal.exchanges == []
    assert repr(world.state.journal.all[1]) == f"<keys request GET {world.authority.jwks_url} -> 200>"


# --- introspection


def test_a_good_token_is_active():
    """Introspection tells what the token says, with the types of RFC 7662 section 2.2."""
    world = World()
    token = world.token(scope="b a")
    issued = world.state.tokens.newest

    got = post(world, "introspection", {"token": token, "token_type_hint": "refresh_token"})

    assert got.json == {
        "active": True,
        "client_id": CLIENT_ID,
        "token_type": "Bearer",
        "exp": issued.claims["exp"],
        "iat": issued.claims["iat"],
        "sub": CLIENT_ID,
        "iss": ISSUER,
        "scope": "a b",
        "aud": API_URL,
    }
    assert got.header("Cache-Control") == "no-store"


def test_introspection_and_api_agree_to_the_moment():
    """A token is active for as long as the API takes it."""
    world = World(audience=("https://a.test", "https://b.test"))
    token = world.token()
    expiry = world.state.tokens.newest.expiry
    found = post(world, "introspection", {"token": token}).json
    assert found["aud"] == ["https://a.test", "https://b.test"]
    assert "scope" not in found

    world.clock.now = expiry - 0.001
    assert post(world, "introspection", {"token": token}).json["active"] is True
    world.clock.now = expiry
    assert post(world, "introspection", {"token": token}).json == {"active": False}


def test_a_token_for_nobody_names_nobody():
    """A token without audience is told without one."""
    world = World()
    token = world.state.issue(CLIENT_ID, (), now=world.clock.now, audience=())

    assert "aud" not in post(world, "introspection", {"token": token.value}).json


def test_nothing_but_inactive_is_told_of_other_tokens():
    """Unknown, revoked and expired tokens get exactly active false (RFC 7662 section 2.2)."""
    world = World()
    token = world.token()
    world.state.tokens.revoke(token, world.clock.now)

    for value in (token, "unknown"):
        assert post(world, "introspection", {"token": value}).json == {"active": False}


# --- revocation


def test_a_revoked_token_is_refused():
    """After 200 the API takes it no more (RFC 7009 section 2)."""
    world = World()
    token = world.token()

    got = post(world, "revocation", {"token": token, "token_type_hint": "refresh_token"})

    assert (got.status, got.body) == (200, b"")
    assert world.call(token).cause == Cause.TOKEN_REVOKED
    assert post(world, "revocation", {"token": "unknown"}).status == 200


def test_a_client_revokes_its_own_tokens_only():
    """Another client's token is refused and stays good (RFC 7009 section 2.1)."""
    world = World()
    world.state.clients["other"] = Client("other", "s")
    token = world.token()

    got = post(world, "revocation", {"token": token}, basic("other", "s"))

    assert (got.status, got.error) == (400, "unauthorized_client")
    assert world.call(token).status == 200


MISTAKES = {
    "GET": ({"method": "GET"}, {"token": "x"}, None, Cause.WRONG_METHOD, 405),
    "no token": ({}, {"a": "b"}, None, Cause.MISSING_PARAM, 400),
    "two tokens": ({}, {"token": ["x", "y"]}, None, Cause.DUPLICATE_PARAMETER, 400),
    "nobody": ({}, {"token": "x"}, False, Cause.NO_CREDENTIALS, 401),
    "wrong secret": ({}, {"token": "x"}, basic(secret="wrong"), Cause.BAD_SECRET, 401),
    "twice": (
        {},
        {"token": "x", "client_id": CLIENT_ID, "client_secret": SECRET},
        None,
        Cause.TWO_AUTH_METHODS,
        400,
    ),
}


@pytest.mark.parametrize("name", ["introspection", "revocation"])
@pytest.mark.parametrize(("options", "params", "auth", "cause", "status"), MISTAKES.values(), ids=MISTAKES)
def test_both_endpoints_want_a_client_and_a_token(name, options, params, auth, cause, status):
    """The caller authenticates as at the token endpoint, and says which token."""
    got = post(World(), name, params, auth, **options)

    assert (got.cause, got.status) == (cause, status)
    assert got.header("WWW-Authenticate") == ('Basic realm="oauthcc"' if status == 401 else None)
    assert got.header("Allow") == ("POST" if status == 405 else None)


def test_both_endpoints_take_forms_only():
    """Another body is refused."""
    world = World()

    got = world.send("POST", world.authority.revocation_url, {"Content-Type": "text/plain"}, b"token=x")

    assert got.cause == Cause.WRONG_CONTENT_TYPE


# --- where things are


@pytest.mark.parametrize(
    ("url", "site"),
    [
        ("https://A.test", ("a.test", "/")),
        ("https://a.test:443/x?y#z", ("a.test", "/x")),
        ("http://a.test:80/", ("a.test", "/")),
        ("http://a.test:443/", ("a.test:443", "/")),
        ("https://a.test:8443/", ("a.test:8443", "/")),
        ("https://a.test:99999/", ("a.test", "/")),
        ("https://user:pw@a.test/", ("a.test", "/")),
        ("nothing", ("", "nothing")),
    ],
)
def test_a_url_has_a_site_and_a_path(url, site):
    """Scheme, user, usual ports, query and case of the host don't matter."""
    assert site_of(url) == site
    assert key_of(url) == "".join(site)


def test_a_token_endpoint_goes_before_anything_else_at_its_url():
    """Even where a test puts it at the place of another endpoint or below the API."""
    world = World(token_url=f"{ISSUER}/introspect", api_url=f"{ISSUER}/")
    url = world.state.settings.token_url

    got = world.send("POST", url, {"Content-Type": FORM, "Authorization": basic()}, b"grant_type=client_credentials")

    assert got.json["access_token"]


def test_a_provider_can_have_names_elsewhere():
    """Where a request arrives decides what metadata and tokens call the provider."""
    world = World(auth_methods=("client_secret_basic", "private_key_jwt"))
    authority: Authority = world.authority
    there = "http://127.0.0.1:5000"
    names = Names(there, f"{there}/t", f"{there}/api/", f"{there}/m", f"{there}/k", f"{there}/i", f"{there}/r")
    authority.answer_to(names)
    authority.answer_to(names)
    assert authority.other_names == (names,)

    def send(url, **options):
        headers = {"Content-Type": FORM, "Authorization": basic()}
        body = options.get("body", b"grant_type=client_credentials")
        from pytest_oauthcc.core.messages import Headers

        request = Request(options.get("method", "POST"), url, Headers(headers.items()), body, names=names)
        return authority.respond(request).outcome

    assert b'"issuer": "http://127.0.0.1:5000"' in send(authority.metadata_url, method="GET").body
    assert send(TOKEN_URL).status == 200
    token = world.state.tokens.newest
    assert (token.claims["iss"], token.audience) == (there, (f"{there}/api/",))
    assert world.call(token.value).status == 200
    assert (
        b'"iss": "http://127.0.0.1:5000"'
        in send(authority.introspection_url, body=f"token={token.value}".encode()).body
    )


def test_names_without_an_api_and_an_audience_of_the_test_s_own():
    """What a test says of the audience stays; a place without an API adds none."""
    there = "http://127.0.0.1:5000"
    own = World(audience=("urn:mine",))
    own.authority.answer_to(Names(there, f"{there}/t", f"{there}/api/", "m", "k", "i", "r"))
    assert own.call(own.token()).status == 200
    none = World(api_url=None)
    none.authority.answer_to(Names(there, f"{there}/t", None, "m", "k", "i", "r"))
    assert none.authority.other_names[0].api_url is None


def test_a_dialect_may_publish_documents():
    """Fixed documents at fixed URLs, filled in with what the provider is called."""
    world = World(Dialect(documents={"{issuer}/about": {"token": "{token_url}", "n": 1}}))

    got = world.send("GET", f"{ISSUER}/about")

    assert got.json == {"token": TOKEN_URL, "n": 1}
    assert got.entry.kind == "document request"


# --- licences


def test_licences_are_taken_extended_freed_and_run_out():
    """A client holds one licence at a time; without a free one there is no token, and the refusal says who holds them."""
    world = World(Dialect(licensing=Licensing(capacity=1, hold=100, exempt_scopes=("login", "profile"))))
    world.state.clients["other"] = Client("other", "s")

    assert world.ask().status == 200
    world.clock.advance(40)
    assert world.ask().status == 200
    refused = world.ask(auth=basic("other", "s"))
    assert (refused.cause, refused.error) == (Cause.NO_LICENCE, "invalid_client")
    assert refused.entry.verdict.detail == "all 1 licences are taken by 'client-1'; the next one is free in 100 s"
    assert refused.entry.verdict.facts == {"holders": (CLIENT_ID,)}
    exempt = world.ask({"grant_type": "client_credentials", "scope": "login"}, auth=basic("other", "s"))
    assert exempt.status == 200
    world.clock.advance(100)
    assert world.ask(auth=basic("other", "s")).status == 200
    for _ in range(2):  # the second time there is none to free
        world.state.licences.release("other")
    assert world.ask().status == 200


def test_the_number_of_licences_is_an_option():
    """A test may say how many there are, even none."""
    dialect = Dialect(licensing=Licensing(capacity=5))
    assert World(dialect).state.licences.capacity == 5
    none = World(dialect, own={"licences": 0})

    assert none.ask().entry.verdict.detail == "all 0 licences are taken by nobody"


@pytest.mark.parametrize(
    ("url", "site"),
    [("http://[::1]:80/t", "[::1]"), ("http://[::1:80]/t", "[::1:80]"), ("http://[::1]:8080/t", "[::1]:8080")],
)
def test_an_address_of_ipv6_is_not_mistaken_for_another_with_a_port(url, site):
    """Two addresses that would be one text without their brackets are two sites."""
    assert site_of(url) == (site, "/t")
