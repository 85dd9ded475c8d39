"""Clients that show a certificate: whose it is, what is bound to it, and what the metadata say (RFC 8705)."""

from __future__ import annotations

import base64
import hashlib
import ssl
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from core_world import API_URL, CLIENT_ID, FORM, ISSUER, NOW, TOKEN_URL, World
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, rsa, x25519
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID

from pytest_oauthcc.client_certificate import ClientCertificate
from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.client_certificates import (
    _validity,
    certificate_in,
    jwks_of,
    read_pem,
    registered_certificates,
    subject_of,
)
from pytest_oauthcc.core.clients import Client
from pytest_oauthcc.core.made_certificates import authority_pem, issue_certificate, sign_own_certificate
from pytest_oauthcc.core.messages import Headers, Request
from pytest_oauthcc.core.raw_jwt import public_jwk
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.options import check_option

BOTH = ("tls_client_auth", "self_signed_tls_client_auth")
GRANT = {"grant_type": "client_credentials", "client_id": CLIENT_ID}


def der(made):
    return ssl.PEM_cert_to_DER_cert(made.certificate_pem)


RIGHT = der(issue_certificate(CLIENT_ID))
OTHER = der(issue_certificate("somebody-else"))
OWN = der(sign_own_certificate(CLIENT_ID))
OTHER_OWN = der(sign_own_certificate("somebody-else"))


class Showing(World):
    """A provider whose clients show certificates."""

    def show(self, certificate, params=GRANT, *, url=TOKEN_URL, headers=None):
        """Ask for a token, or anything else, with a certificate."""
        from urllib.parse import urlencode

        request = Request(
            "POST",
            url,
            Headers({"Content-Type": FORM, **(headers or {})}.items()),
            urlencode(params).encode(),
            client_certificate=certificate,
        )
        return self._got(request)

    def bring(self, token, certificate):
        """Call the API with a token and a certificate."""
        fields = Headers([("Authorization", f"Bearer {token}")])
        return self._got(Request("GET", API_URL + "orders", fields, client_certificate=certificate))

    def _got(self, request):
        from core_world import Got

        answer = self.authority.respond(request)
        return Got(self.state.journal.all[-1], answer)


def hand_made(subject="CN=x", alternative=(), *, key=None, more=None):
    """A certificate of any shape, signed by nobody who matters."""
    key = key or ec.generate_private_key(ec.SECP256R1())
    name = x509.Name.from_rfc4514_string(subject) if subject else x509.Name([])
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(x509.Name.from_rfc4514_string("CN=an authority"))
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(datetime(2000, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(9999, 12, 31, tzinfo=UTC))
    )
    if alternative:
        builder = builder.add_extension(x509.SubjectAlternativeName(list(alternative)), critical=not subject)
    if more is not None:
        builder = builder.add_extension(more, critical=False)
    hash_of = None if isinstance(key, ed25519.Ed25519PrivateKey) else hashes.SHA256()
    from cryptography.hazmat.primitives.serialization import Encoding

    return builder.sign(key, hash_of).public_bytes(Encoding.DER)


# --- tls_client_auth


def test_a_certificate_in_the_clients_name_authenticates():
    """Unless something else is registered, the subject is the client's id as its common name."""
    got = Showing(auth_methods=("tls_client_auth",)).show(RIGHT)

    assert (got.status, got.entry.auth_method, got.entry.client_id) == (200, "tls_client_auth", CLIENT_ID)
    assert "cnf" not in got.entry.token.claims


SUBJECTS = {
    "dn": ({"subject_dn": "CN=orders,O=Acme"}, hand_made("CN=orders,O=Acme")),
    "dn in other letters": ({"subject_dn": "CN=Orders  Service,O=ACME"}, hand_made("CN=orders service,O=Acme")),
    "dns": (
        {"san_dns": "Orders.Example"},
        hand_made("CN=x", [x509.DNSName("a.example"), x509.DNSName("orders.example")]),
    ),
    "uri": (
        {"san_uri": "spiffe://acme/orders"},
        hand_made("", [x509.UniformResourceIdentifier("spiffe://acme/orders")]),
    ),
    "ip": ({"san_ip": "2001:db8:0::1"}, der(issue_certificate("x", subject={"san_ip": "2001:db8::1"}))),
    "email": (
        {"san_email": "orders@acme.example"},
        der(issue_certificate("x", subject={"san_email": "orders@acme.example"})),
    ),
}


@pytest.mark.parametrize("kind", SUBJECTS)
def test_each_kind_of_name_can_be_registered(kind):
    """The certificate with that name is the client's, one of the others is not."""
    subject, right = SUBJECTS[kind]
    world = Showing(auth_methods=("tls_client_auth",), client_certificate_subject=subject)

    assert world.show(right).status == 200
    for other, (_, wrong) in SUBJECTS.items():
        if kind.partition(" ")[0] != other.partition(" ")[0]:
            got = world.show(wrong)
            assert (got.status, got.error, got.cause) == (401, "invalid_client", Cause.BAD_CERTIFICATE)
            assert f"{next(iter(subject))} '{next(iter(subject.values()))}'" in got.entry.verdict.detail


@pytest.mark.parametrize(("kind", "value"), [("san_uri", "urn:acme:orders"), ("san_dns", "orders.example")])
def test_a_made_certificate_fits_what_is_registered(kind, value):
    """Whatever a client registered, a certificate for that is made; a long id is cut for its common name."""
    world = Showing(auth_methods=("tls_client_auth",), client_certificate_subject={kind: value})

    assert world.show(der(issue_certificate("n" * 65, subject={kind: value}))).status == 200


WRONG = {
    "another client's": (
        OTHER,
        (
            "the client's certificate, CN=somebody-else, is that of the client 'somebody-else', "
            "and the request is of 'client-1'"
        ),
    ),
    "nobody's": (
        der(issue_certificate("nobody", subject={"san_dns": "nobody.example"})),
        (
            "the client's certificate, CN=nobody, san_dns nobody.example, "
            "is not the one that the client 'client-1' registered: subject_dn 'CN=client-1'"
        ),
    ),
    "self-signed": (
        OWN,
        (
            "the client's certificate, CN=client-1, signed itself; "
            "tls_client_auth takes one that a certificate authority of the provider's has issued"
        ),
    ),
    "expired": (
        der(issue_certificate(CLIENT_ID, expires=NOW - 1)),
        "the client's certificate, CN=client-1, expired at 2023-11-14 22:13:19Z; it is 2023-11-14 22:13:20Z now",
    ),
    "no certificate": (b"der", "what the client showed in the TLS handshake is no X.509 certificate"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_a_wrong_certificate_is_refused_with_the_reason(kind):
    """Whatever is wrong with it, the client gets invalid_client, and the fake says what it is."""
    world = Showing(auth_methods=("tls_client_auth",))
    world.state.clients["somebody-else"] = Client("somebody-else", "")
    certificate, why = WRONG[kind]

    got = world.show(certificate)

    assert (got.status, got.error, got.cause) == (401, "invalid_client", Cause.BAD_CERTIFICATE)
    assert got.entry.verdict.detail == why
    assert got.json["error_description"] == why


ODD = {
    "a version that there is not": RIGHT.replace(b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x04", 1),
    "a kind of name that nobody knows": hand_made(
        more=x509.UnrecognizedExtension(x509.ExtensionOID.SUBJECT_ALTERNATIVE_NAME, b"\x30\x02\xa3\x00")
    ),
}


@pytest.mark.parametrize("kind", ODD)
def test_what_passes_openssl_may_be_no_certificate_all_the_same(kind):
    """It is refused like anything else that can't be read, whether it is shown or registered."""
    got = Showing(auth_methods=BOTH).show(ODD[kind])

    assert got.entry.verdict.detail == "what the client showed in the TLS handshake is no X.509 certificate"
    with pytest.raises(ValueError):
        subject_of(ODD[kind])
    assert certificate_in({"x5c": [base64.b64encode(ODD[kind]).decode()]}) is None


def test_older_versions_of_cryptography_tell_dates_without_a_zone():
    """Version 42 began to tell them in UTC; PyJWT takes older ones, too."""
    days = {"not_valid_before": datetime(2020, 1, 1), "not_valid_after": datetime(2021, 1, 1)}

    assert _validity(SimpleNamespace(**days)) == (datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC))


def test_a_certificate_is_good_from_its_first_day_on():
    """The dates of a certificate count on the provider's clock."""
    world = Showing(auth_methods=("tls_client_auth",))
    world.clock.now = 900_000_000

    told = world.show(RIGHT).entry.verdict.detail
    assert told == "the client's certificate, CN=client-1, is good from 2000-01-01 00:00:00Z on only"


def test_a_certificate_expires_on_the_providers_clock():
    """It is good until the second of its expiry."""
    world = Showing(auth_methods=("tls_client_auth",))
    certificate = der(issue_certificate(CLIENT_ID, expires=int(NOW) + 60))

    assert world.show(certificate).status == 200
    world.clock.now = int(NOW) + 59.9
    assert world.show(certificate).status == 200
    world.clock.now = int(NOW) + 60
    assert world.show(certificate).status == 401


# --- self_signed_tls_client_auth


def test_a_registered_certificate_authenticates_whoever_signed_it():
    """What counts is that it is the one that the client registered."""
    for certificate in (OWN, RIGHT):
        world = Showing(auth_methods=("self_signed_tls_client_auth",), client_jwks=jwks_of(certificate))
        got = world.show(certificate)
        assert (got.status, got.entry.auth_method) == (200, "self_signed_tls_client_auth")


def test_another_self_signed_certificate_is_refused():
    """Also one with the same subject; and one that another client registered is told as that."""
    world = Showing(auth_methods=("self_signed_tls_client_auth",), client_jwks=jwks_of(OWN))
    same = world.show(der(sign_own_certificate(CLIENT_ID)))
    assert (same.status, same.error) == (401, "invalid_client")
    assert same.entry.verdict.detail == (
        "the client's certificate, CN=client-1, is not the one that the client 'client-1' registered: "
        "1 certificate of its own (x5c in its jwks), of which this is none"
    )

    world.state.clients["somebody-else"] = Client("somebody-else", "", jwks=jwks_of(OTHER_OWN))
    assert "is that of the client 'somebody-else'" in world.show(OTHER_OWN).entry.verdict.detail


def test_by_default_the_certificate_of_the_runs_key_is_registered():
    """The client's key pair has a certificate that it signed for itself, beside its use for private_key_jwt."""
    world = Showing(auth_methods=("self_signed_tls_client_auth",))

    assert world.show(der(world.state.client_key.certificate)).status == 200
    assert world.show(OWN).status == 401


@pytest.mark.parametrize(
    ("jwk", "count"),
    [
        ({}, 0),
        ({"x5c": []}, 0),
        ({"x5c": "AAAA"}, 0),
        ({"x5c": [7]}, 0),
        ({"x5c": ["?"]}, 0),
        ({"x5c": ["é"]}, 0),
        ({"x5c": ["AAAA"]}, 0),
    ],
)
def test_what_is_no_certificate_in_a_jwk_is_left_aside(jwk, count):
    """Only a certificate in base64 counts, and only the first of a chain."""
    assert len(registered_certificates(Client("c", "", jwks={"keys": [{"kty": "EC", **jwk}]}))) == count
    assert registered_certificates(Client("c", "")) == ()


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        (ec.generate_private_key(ec.SECP256R1()), "EC"),
        (rsa.generate_private_key(65537, 2048), "RSA"),
        (ed25519.Ed25519PrivateKey.generate(), "OKP"),
    ],
    ids=["EC", "RSA", "OKP"],
)
def test_a_jwk_has_the_key_and_the_certificate(key, kind):
    """RFC 7517 section 4.7: the public members are there, too."""
    certificate = hand_made(key=key)
    (jwk,) = jwks_of(certificate)["keys"]

    members = {"EC": {"crv", "x", "y"}, "RSA": {"n", "e"}, "OKP": {"crv", "x"}}[kind]
    assert (jwk["kty"], set(jwk)) == (kind, {"kty", "x5c"} | members)
    assert base64.b64decode(jwk["x5c"][0]) == certificate
    assert registered_certificates(Client("c", "", jwks={"keys": [jwk]})) == (certificate,)


STRANGE_KEYS = {
    "brainpoolP256r1": ec.generate_private_key(ec.BrainpoolP256R1()),
    "secp224r1": ec.generate_private_key(ec.SECP224R1()),
    "DSA": dsa.generate_private_key(1024),  # noqa: S505 - soon made, and for nobody
    "X25519": x25519.X25519PrivateKey.generate(),
}


@pytest.mark.parametrize("kind", STRANGE_KEYS)
def test_a_key_that_no_jwk_describes(kind):
    """Certificates may have keys of more kinds than JWKs, and what takes one has to know which it can't take."""
    with pytest.raises(
        ValueError, match=f"^a key of the kind {kind} can't be written as a JWK; one of RSA, of EC on P-256"
    ):
        public_jwk(STRANGE_KEYS[kind].public_key())


def test_a_certificate_whose_key_no_jwk_describes():
    """It can't be registered, and neither can one whose key nobody can read."""
    with pytest.raises(ValueError, match=r"^a key of the kind brainpoolP256r1 can't"):
        jwks_of(hand_made(key=STRANGE_KEYS["brainpoolP256r1"]))
    ec_public_key, unknown = bytes.fromhex("06072a8648ce3d0201"), bytes.fromhex("06072a8648ce3d0209")
    with pytest.raises(ValueError, match=r"^its key can't be read: "):
        jwks_of(RIGHT.replace(ec_public_key, unknown, 1))


def test_a_certificate_in_a_file_whose_key_no_jwk_describes(tmp_path):
    """The error is one that says which file, and which keys there may be."""
    file = tmp_path / "client.pem"
    file.write_text(ssl.DER_cert_to_PEM_cert(hand_made(key=STRANGE_KEYS["brainpoolP256r1"])))

    with pytest.raises(OptionError) as raised:
        ClientCertificate(file, tmp_path / "client.key").jwks  # noqa: B018

    assert str(raised.value) == (
        f"the certificate in {file} can't be registered: a key of the kind brainpoolP256r1 can't be written as a JWK; "
        "one of RSA, of EC on P-256, P-384, P-521 or secp256k1, of Ed25519 or of Ed448 can"
    )


# --- both methods, and others beside them


def test_where_both_are_taken_the_certificate_decides():
    """One that signed itself has to be registered, another one has to have the registered name."""
    world = Showing(auth_methods=BOTH, client_jwks=jwks_of(OWN))

    assert world.show(RIGHT).entry.auth_method == "tls_client_auth"
    assert world.show(OWN).entry.auth_method == "self_signed_tls_client_auth"
    got = world.show(der(sign_own_certificate(CLIENT_ID)))
    assert (got.status, got.entry.auth_method) == (401, "self_signed_tls_client_auth")
    assert "subject_dn 'CN=client-1', or 1 certificate" in got.entry.verdict.detail


def test_each_client_uses_the_method_that_it_registered():
    """A client that registered a secret gets nothing for a certificate, and the other way round."""
    world = Showing(auth_methods=("client_secret_basic", "tls_client_auth"))
    world.state.main_client.auth_methods = ("client_secret_basic",)
    got = world.show(RIGHT)
    assert (got.status, got.cause) == (401, Cause.AUTH_METHOD_NOT_ALLOWED)

    world.state.main_client.auth_methods = ("tls_client_auth",)
    assert world.show(RIGHT).status == 200
    assert world.ask().cause is Cause.AUTH_METHOD_NOT_ALLOWED


def test_beside_a_secret_a_certificate_is_no_second_method():
    """A client that authenticates by its secret may show a certificate, to have its token bound to that."""
    world = Showing(auth_methods=("client_secret_basic", "tls_client_auth"))
    from core_world import basic

    got = world.show(OTHER, {"grant_type": "client_credentials"}, headers={"Authorization": basic()})

    assert (got.status, got.entry.auth_method) == (200, "client_secret_basic")


@pytest.mark.parametrize("methods", [("tls_client_auth",), ("client_secret_basic",)])
def test_without_client_id_nobody_is_named(methods):
    """RFC 8705 section 2: client_id comes with the certificate; where no certificates are taken, it is none to us."""
    got = Showing(auth_methods=methods).show(RIGHT, {"grant_type": "client_credentials"})

    assert (got.status, got.error) == (401, "invalid_client")
    named = "there is no client_id (RFC 8705 section 2)" in got.entry.verdict.detail
    assert named == ("tls_client_auth" in methods)
    assert got.cause is (Cause.MALFORMED_CREDENTIALS if named else Cause.NO_CREDENTIALS)


def test_without_certificate_the_id_proves_nothing():
    """A client that has to show one and does not is refused like one without a secret."""
    got = Showing(auth_methods=BOTH).show(None)

    assert (got.status, got.error, got.cause) == (401, "invalid_client", Cause.NO_CREDENTIALS)
    assert "tls_client_auth or self_signed_tls_client_auth" in got.entry.verdict.detail


# --- bound tokens


def test_a_token_that_a_test_wrote_into_the_answer_is_bound_as_well():
    """It is good at an API that takes bound tokens only, with the certificate for which it was given out."""
    world = Showing(auth_methods=("tls_client_auth",), certificate_binding="required")
    world.endpoint.reply(json={"access_token": "scripted", "token_type": "Bearer"})

    assert world.show(RIGHT).status == 200

    assert world.bring("scripted", RIGHT).status == 200
    assert world.bring("scripted", OTHER).cause is Cause.TOKEN_BINDING


def test_a_token_is_bound_to_the_certificate():
    """The thumbprint is in the token and in introspection, and the API lets nobody else in."""
    world = Showing(auth_methods=("tls_client_auth",), certificate_binding="optional")
    got = world.show(RIGHT)
    thumbprint = base64.urlsafe_b64encode(hashlib.sha256(RIGHT).digest()).decode().rstrip("=")

    assert got.json["token_type"] == "Bearer"
    token = got.entry.token
    assert token.claims["cnf"] == {"x5t#S256": thumbprint}
    assert (token.x5t, token.jkt) == (thumbprint, None)
    told = world.show(RIGHT, {"client_id": CLIENT_ID, "token": token.value}, url=f"{ISSUER}/introspect").json
    assert (told["active"], told["cnf"]) == (True, {"x5t#S256": thumbprint})
    assert world.bring(token.value, RIGHT).status == 200
    for certificate, why in ((None, "the request came without one"), (OTHER, "another certificate than that")):
        refused = world.bring(token.value, certificate)
        assert (refused.status, refused.cause) == (401, Cause.TOKEN_BINDING)
        assert 'error="invalid_token"' in refused.header("WWW-Authenticate")
        assert why in refused.entry.verdict.detail


def test_an_opaque_token_is_bound_as_well():
    """Only the fake knows, and introspection tells."""
    world = Showing(auth_methods=("tls_client_auth",), certificate_binding="optional", token_format="opaque")
    token = world.show(RIGHT).entry.token

    assert world.bring(token.value, OTHER).status == 401
    assert world.bring(token.value, RIGHT).status == 200
    told = world.show(RIGHT, {"client_id": CLIENT_ID, "token": token.value}, url=f"{ISSUER}/introspect").json
    assert set(told["cnf"]) == {"x5t#S256"}


def test_what_is_no_good_at_all_is_told_before_its_binding():
    """An expired or revoked token is that, whatever certificate comes with it."""
    world = Showing(auth_methods=("tls_client_auth",), certificate_binding="optional")
    token = world.show(RIGHT).entry.token
    token.revoked = True
    assert world.bring(token.value, OTHER).cause is Cause.TOKEN_REVOKED
    token.revoked = False
    world.clock.now += 4000
    assert world.bring(token.value, OTHER).cause is Cause.TOKEN_EXPIRED


def test_without_certificate_tokens_are_bound_where_they_may_be_only():
    """Optional: a plain token is issued and taken; required: neither."""
    world = Showing(certificate_binding="optional")
    assert world.call(world.token()).status == 200

    world = Showing(certificate_binding="required")
    got = world.ask()
    assert (got.status, got.error, got.cause) == (400, "invalid_request", Cause.MISSING_CERTIFICATE)
    assert "this provider issues tokens only that are bound" in got.entry.verdict.detail
    plain = world.state.issue(CLIENT_ID, (), now=NOW)
    refused = world.bring(plain.value, RIGHT)
    assert (refused.status, refused.cause) == (401, Cause.TOKEN_BINDING)
    assert "bound to no certificate" in refused.entry.verdict.detail


def test_without_the_option_no_token_is_bound_but_a_minted_one_is_checked():
    """A test may mint a bound token; the API looks at what the token says."""
    world = Showing(auth_methods=("tls_client_auth",))
    assert world.show(RIGHT).entry.token.x5t is None
    token = world.state.issue(CLIENT_ID, (), now=NOW, claims={"cnf": {"x5t#S256": "other"}})
    assert world.bring(token.value, RIGHT).status == 401


def test_a_provider_that_does_not_look_at_clients_binds_all_the_same():
    """The binding does not need the check of the client."""
    from dataclasses import replace

    from pytest_oauthcc.core.dialect import Dialect

    plain = Dialect()
    dialect = replace(plain, checks=tuple(name for name in plain.checks if name != "client"))
    world = Showing(dialect, certificate_binding="required")

    assert world.show(RIGHT).entry.token.x5t is not None
    assert world.show(None).cause is Cause.MISSING_CERTIFICATE


# --- metadata and aliases


def test_the_metadata_tell_what_is_taken():
    """Methods, binding and aliases are there exactly where they are switched on."""
    world = World(auth_methods=BOTH)
    url = f"{ISSUER}/.well-known/oauth-authorization-server"
    told = world.send("GET", url).json
    assert told["token_endpoint_auth_methods_supported"] == list(BOTH)
    assert not {"tls_client_certificate_bound_access_tokens", "mtls_endpoint_aliases"} & told.keys()

    world = World(auth_methods=BOTH, certificate_binding="optional", mtls_aliases=True)
    told = world.send("GET", url).json
    assert told["tls_client_certificate_bound_access_tokens"] is True
    assert told["mtls_endpoint_aliases"] == {
        "token_endpoint": f"{TOKEN_URL}/mtls",
        "introspection_endpoint": f"{ISSUER}/introspect/mtls",
        "revocation_endpoint": f"{ISSUER}/revoke/mtls",
    }


def test_with_aliases_certificates_count_there_only():
    """A real server does not ask for one at the plain endpoints; a client that shows it there is told where to go."""
    world = Showing(auth_methods=("tls_client_auth",), certificate_binding="optional", mtls_aliases=True)
    alias = f"{TOKEN_URL}/mtls"

    token = world.show(RIGHT, url=alias).entry.token
    assert token.x5t is not None
    got = world.show(RIGHT)
    assert (got.status, got.error) == (401, "invalid_client")
    assert f"certificates count at its mtls_endpoint_aliases only: {alias}" in got.entry.verdict.detail
    asked = {"client_id": CLIENT_ID, "token": token.value}
    assert world.show(RIGHT, asked, url=f"{ISSUER}/introspect").status == 401
    assert world.show(RIGHT, asked, url=f"{ISSUER}/introspect/mtls").json["active"] is True
    assert world.bring(token.value, RIGHT).status == 200
    assert world.show(RIGHT, asked, url=f"{ISSUER}/revoke/mtls").status == 200
    assert world.bring(token.value, RIGHT).status == 401


def test_with_aliases_a_bound_token_is_to_be_had_there_only():
    """A client that authenticates by its secret at the plain endpoint gets no bound token, and is told why."""
    world = Showing(certificate_binding="required", mtls_aliases=True)
    from core_world import basic

    form = {"grant_type": "client_credentials"}
    got = world.show(RIGHT, form, headers={"Authorization": basic()})
    assert got.cause is Cause.MISSING_CERTIFICATE
    assert "mtls_endpoint_aliases only" in got.entry.verdict.detail
    assert world.show(RIGHT, form, url=f"{TOKEN_URL}/mtls", headers={"Authorization": basic()}).status == 200


# --- names and files


def test_a_certificate_says_how_to_register_it():
    """By its subject or, where that is empty, by an alternative name."""
    assert subject_of(hand_made("CN=orders,O=Acme")) == {"subject_dn": "CN=orders,O=Acme"}
    assert subject_of(hand_made("", [x509.RFC822Name("orders@acme.example")])) == {"san_email": "orders@acme.example"}
    for nobody in (b"der", hand_made("")):
        with pytest.raises(ValueError):
            subject_of(nobody)
    with pytest.raises(ValueError):
        jwks_of(b"der")


@pytest.mark.parametrize(
    "subject",
    [
        "CN=orders",
        {},
        {"san_dns": "a", "san_uri": "b:c"},
        {"san_other": "a"},
        {"san_dns": ""},
        {"san_dns": "\xe4.example"},
        {"san_ip": "orders.example"},
        {"subject_dn": "orders"},
    ],
)
def test_what_is_no_name_of_a_certificate_is_a_usage_error(subject):
    """The option takes one name of a known kind."""
    with pytest.raises(OptionError, match="takes a table with one of subject_dn, san_dns, san_uri, san_ip, san_email"):
        check_option("client_certificate_subject", subject, "here", {})


def test_the_first_certificate_of_a_file_is_the_clients():
    """The others are those of authorities."""
    text = issue_certificate("one").certificate_pem + issue_certificate("two").certificate_pem
    assert subject_of(read_pem(text.encode())) == {"subject_dn": "CN=one"}
    with pytest.raises(ValueError):
        read_pem(b"no certificate")


def test_a_certificate_without_a_subject_is_shown_by_its_names():
    """A message always says whose the certificate is."""
    world = Showing(auth_methods=("tls_client_auth",))
    detail = world.show(hand_made("", [x509.DNSName("a.example")])).entry.verdict.detail

    assert "the client's certificate, without a subject, san_dns a.example, is not" in detail


USUAL = {
    x509.BasicConstraints: (x509.BasicConstraints(ca=False, path_length=None), True),
    x509.ExtendedKeyUsage: (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CLIENT_AUTH]), False),
}


def used_for(extensions):
    """The uses of a key that are set, and whether they are critical."""
    found = extensions.get_extension_for_class(x509.KeyUsage)
    names = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    return {name for name in (*names, "key_cert_sign", "crl_sign") if getattr(found.value, name)}, found.critical


@pytest.mark.parametrize("own", [False, True], ids=["issued", "self-signed"])
def test_a_made_certificate_is_one_of_a_client(own):
    """It is good for ever, for authenticating clients only, and names its key and that of its issuer (RFC 5280)."""
    made = (sign_own_certificate if own else issue_certificate)("orders")
    certificate = x509.load_pem_x509_certificate(made.certificate_pem.encode())
    issuer = certificate if own else x509.load_pem_x509_certificate(authority_pem().encode())

    certificate.verify_directly_issued_by(issuer)
    assert certificate.subject.rfc4514_string() == "CN=orders"
    assert (certificate.not_valid_before_utc.year, certificate.not_valid_after_utc.year) == (2000, 9999)
    for kind, (value, critical) in USUAL.items():
        found = certificate.extensions.get_extension_for_class(kind)
        assert (found.value, found.critical) == (value, critical)
    assert used_for(certificate.extensions) == ({"digital_signature"}, True)
    key = certificate.extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    assert (key.value, key.critical) == (x509.SubjectKeyIdentifier.from_public_key(certificate.public_key()), False)
    named = [found for found in certificate.extensions if isinstance(found.value, x509.AuthorityKeyIdentifier)]
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
    assert [(found.value, found.critical) for found in named] == ([] if own else [(identifier, False)])
    private = load_pem_private_key(made.key_pem.encode(), None)
    assert private.public_key() == certificate.public_key()
    assert made.key_pem.startswith("-----BEGIN PRIVATE KEY-----")
    assert certificate.serial_number != issuer.serial_number or own


def test_a_made_certificate_has_the_subject_that_is_registered():
    """A whole distinguished name goes before the common name."""
    made = issue_certificate("orders", subject={"subject_dn": "CN=billing,O=Acme"})

    assert subject_of(der(made)) == {"subject_dn": "CN=billing,O=Acme"}


def test_the_authority_issues_certificates_to_clients_only():
    """It is an authority that may have no other below it, and signs certificates."""
    authority = x509.load_pem_x509_certificate(authority_pem().encode())

    limits = authority.extensions.get_extension_for_class(x509.BasicConstraints)
    assert (limits.value, limits.critical) == (x509.BasicConstraints(ca=True, path_length=0), True)
    assert used_for(authority.extensions) == ({"key_cert_sign"}, True)
    assert authority.subject.rfc4514_string() == "CN=clients of pytest-oauthcc"
    assert authority_pem() == authority_pem()


@pytest.mark.parametrize(
    ("kind", "value", "of"),
    [
        ("san_dns", "orders.example", x509.DNSName),
        ("san_uri", "urn:acme:orders", x509.UniformResourceIdentifier),
        ("san_email", "orders@acme.example", x509.RFC822Name),
    ],
)
def test_a_made_certificate_has_the_name_beside_its_subject(kind, value, of):
    """The alternative name is the registered one, and is not critical, since there is a subject (RFC 5280)."""
    made = issue_certificate("orders", subject={kind: value})
    extensions = x509.load_pem_x509_certificate(made.certificate_pem.encode()).extensions

    found = extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert (list(found.value), found.critical) == ([of(value)], False)


@pytest.mark.parametrize("name", ["", "n" * 65])
def test_a_common_name_has_a_length(name):
    """Another one can't be in a certificate."""
    for make in (issue_certificate, sign_own_certificate):
        with pytest.raises(OptionError) as raised:
            make(name)
        assert str(raised.value) == (
            f"{name!r} has {len(name)} characters, and the common name of a certificate has 1 to 64"
        )
        assert make("n" * 64).certificate_pem
        assert make("n").certificate_pem
