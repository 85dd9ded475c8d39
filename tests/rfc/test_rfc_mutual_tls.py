"""RFC 8705, line by line, in process: requests shows its ``cert=`` to the fake."""

from __future__ import annotations

import base64
import hashlib

import pytest
import requests

rfc = pytest.mark.rfc

MUTUAL = {"auth_methods": ["tls_client_auth"], "certificate_binding": "optional"}


@rfc("8705 §2 client-id")
@pytest.mark.oauthcc(**MUTUAL)
def test_the_client_names_itself(oauthcc, party):
    """A certificate without client_id gets nothing, with it a token."""
    certificate = oauthcc.client_certificate()
    assert party.ask(auth=None, cert=certificate.files).json()["error"] == "invalid_client"
    assert party.ask({"client_id": oauthcc.client_id}, auth=None, cert=certificate.files).status_code == 200


@rfc("8705 §2 binding")
@pytest.mark.oauthcc(**MUTUAL)
def test_the_certificate_is_the_clients(oauthcc, party):
    """Another one, or none, is invalid_client."""
    who = {"client_id": oauthcc.client_id}
    wrong = [oauthcc.client_certificate(common_name="x"), oauthcc.client_certificate(oauthcc.add_client())]
    for cert in (None, *(certificate.files for certificate in wrong)):
        answer = party.ask(who, auth=None, cert=cert)
        assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")


@rfc("8705 §2.1.2")
@pytest.mark.parametrize(
    ("kind", "name"),
    [
        ("subject_dn", "CN=orders,OU=EU,O=Acme"),
        ("san_dns", "orders.example"),
        ("san_uri", "spiffe://acme/orders"),
        ("san_ip", "192.0.2.7"),
        ("san_email", "orders@acme.example"),
    ],
)
@pytest.mark.oauthcc(registration=True, **MUTUAL)
def test_a_client_registers_the_name_in_its_certificate(oauthcc, kind, name):
    """One of five kinds; with the certificate that has it, and client_id, there is a token."""
    wanted = {"token_endpoint_auth_method": "tls_client_auth", f"tls_client_auth_{kind}": name}
    told = requests.post(oauthcc.registration_url, json=wanted, timeout=5).json()
    assert {**told, **wanted} == told
    assert "client_secret" not in told
    client = oauthcc.authority.state.clients[told["client_id"]]
    form = {"grant_type": "client_credentials", "client_id": told["client_id"]}
    for certificate, status in ((oauthcc.client_certificate(client), 200), (oauthcc.client_certificate(), 401)):
        answer = requests.post(oauthcc.token_url, data=form, cert=certificate.files, timeout=5)
        assert answer.status_code == status


@rfc("8705 §2.2")
@pytest.mark.oauthcc(registration=True, auth_methods=["self_signed_tls_client_auth"])
def test_a_client_registers_its_own_certificate(oauthcc):
    """It comes as x5c in jwks; another one, with the same subject, is refused."""
    certificate = oauthcc.client_certificate(common_name="orders")
    wanted = {"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": certificate.jwks}
    told = requests.post(oauthcc.registration_url, json=wanted, timeout=5).json()
    assert "client_secret" not in told
    form = {"grant_type": "client_credentials", "client_id": told["client_id"]}
    for shown, status in ((certificate, 200), (oauthcc.client_certificate(common_name="orders"), 401)):
        assert requests.post(oauthcc.token_url, data=form, cert=shown.files, timeout=5).status_code == status


@rfc("8705 §3", "8705 §3.1", "8705 §3.2", "9700 §2.2.1")
@pytest.mark.oauthcc(**MUTUAL)
def test_a_token_is_bound_to_the_certificate(oauthcc, party):
    """The claim cnf has the thumbprint, in the token and in introspection; the API wants that certificate."""
    certificate, other = oauthcc.client_certificate(), oauthcc.client_certificate(common_name="other")
    who = {"client_id": oauthcc.client_id}
    token = party.ask(who, auth=None, cert=certificate.files).json()["access_token"]
    thumbprint = oauthcc.tokens[0].claims["cnf"]["x5t#S256"]
    assert thumbprint == base64.urlsafe_b64encode(hashlib.sha256(certificate.der).digest()).decode().rstrip("=")
    assert len(thumbprint) == 43
    told = requests.post(
        oauthcc.introspection_url, data={**who, "token": token}, cert=certificate.files, timeout=5
    ).json()
    assert told["cnf"] == {"x5t#S256": thumbprint}
    assert party.call(token, cert=certificate.files).status_code == 200
    for cert in (None, other.files):
        answer = party.call(token, cert=cert)
        assert answer.status_code == 401
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


@rfc("8705 §3.3")
@pytest.mark.parametrize("binding", ["off", "optional", "required"])
def test_the_metadata_tell_whether_tokens_are_bound(oauthcc_factory, binding):
    """The member is there where they can be."""
    made = oauthcc_factory(certificate_binding=binding)
    told = requests.get(made.metadata_url, timeout=5).json()
    assert told.get("tls_client_certificate_bound_access_tokens", False) is (binding != "off")


@rfc("8705 §3.4")
@pytest.mark.oauthcc(registration=True, certificate_binding="optional")
def test_a_client_may_register_for_bound_tokens_only(oauthcc):
    """Then it gets no other, though the provider issues them to others."""
    wanted = {"tls_client_certificate_bound_access_tokens": True}
    told = requests.post(oauthcc.registration_url, json=wanted, timeout=5).json()
    assert told["tls_client_certificate_bound_access_tokens"] is True
    ask = {
        "data": {"grant_type": "client_credentials"},
        "auth": (told["client_id"], told["client_secret"]),
        "timeout": 5,
    }
    answer = requests.post(oauthcc.token_url, **ask)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
    assert "registered for tokens that are bound to its certificate" in answer.json()["error_description"]
    assert requests.post(oauthcc.token_url, cert=oauthcc.client_certificate().files, **ask).status_code == 200


@rfc("8705 §5")
@pytest.mark.oauthcc(mtls_aliases=True, **MUTUAL)
def test_there_are_aliases_for_certificates(oauthcc):
    """Where the metadata list aliases, certificates count at these, and not at the plain endpoints."""
    aliases = requests.get(oauthcc.metadata_url, timeout=5).json()["mtls_endpoint_aliases"]
    certificate = oauthcc.client_certificate()
    form = {"grant_type": "client_credentials", "client_id": oauthcc.client_id}
    answer = requests.post(aliases["token_endpoint"], data=form, cert=certificate.files, timeout=5)
    assert answer.status_code == 200
    assert requests.post(oauthcc.token_url, data=form, cert=certificate.files, timeout=5).status_code == 401
    asked = {"client_id": oauthcc.client_id, "token": answer.json()["access_token"]}
    for name in ("introspection_endpoint", "revocation_endpoint"):
        assert requests.post(aliases[name], data=asked, cert=certificate.files, timeout=5).status_code == 200


IMPOSSIBLE = {
    "no name": ({"token_endpoint_auth_method": "tls_client_auth"}, "needs exactly one of tls_client_auth_subject_dn"),
    "two names": (
        {
            "token_endpoint_auth_method": "tls_client_auth",
            "tls_client_auth_san_dns": "a",
            "tls_client_auth_san_uri": "b:c",
        },
        "needs exactly one of",
    ),
    "a name of another kind": (
        {"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_ip": "orders"},
        "a name of that kind",
    ),
    "no text": ({"token_endpoint_auth_method": "tls_client_auth", "tls_client_auth_san_dns": 7}, "exactly one"),
    "no certificate": (
        {"token_endpoint_auth_method": "self_signed_tls_client_auth"},
        "self_signed_tls_client_auth needs the client's certificates as jwks",
    ),
    "keys without a certificate": (
        {"token_endpoint_auth_method": "self_signed_tls_client_auth", "jwks": {"keys": [{"kty": "EC"}]}},
        "no key in jwks has a certificate as x5c",
    ),
    "bound tokens where there are none": (
        {"tls_client_certificate_bound_access_tokens": True},
        "this provider binds no tokens to certificates",
    ),
}


@rfc("7591 §3.2.2")
@pytest.mark.parametrize(("wanted", "said"), IMPOSSIBLE.values(), ids=IMPOSSIBLE)
@pytest.mark.oauthcc(
    registration=True, auth_methods=["client_secret_basic", "tls_client_auth", "self_signed_tls_client_auth"]
)
def test_what_can_not_be_registered_is_told(oauthcc, wanted, said):
    """Wrong metadata are refused with the reason."""
    answer = requests.post(oauthcc.registration_url, json=wanted, timeout=5)

    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_client_metadata")
    assert said in answer.json()["error_description"]
