"""What a failure says about a certificate that was refused, and what to do (RFC 8705)."""

from __future__ import annotations

import ssl

import pytest
from message_world import FORM, TOKEN_URL, World

from pytest_oauthcc.core.made_certificates import issue_certificate
from pytest_oauthcc.core.messages import Headers, Request
from pytest_oauthcc.explain.refusal_remedies import remedy_of
from pytest_oauthcc.reporting import sections

MUTUAL = {"auth_methods": ("tls_client_auth",), "certificate_binding": "optional"}
RIGHT = ssl.PEM_cert_to_DER_cert(issue_certificate("billing").certificate_pem)
OTHER = ssl.PEM_cert_to_DER_cert(issue_certificate("orders").certificate_pem)


def ask(world, certificate, *, via="oauthcc_server", form="grant_type=client_credentials&client_id=billing"):
    fields = Headers([("Content-Type", FORM)])
    world.authority.respond(Request("POST", TOKEN_URL, fields, form.encode(), client_certificate=certificate, via=via))
    return world.journal.all[-1]


def call(world, certificate, *, via="oauthcc_server"):
    fields = Headers([("Authorization", f"Bearer {world.authority.state.tokens.newest.value}")])
    world.authority.respond(Request("GET", "https://api.test/o", fields, client_certificate=certificate, via=via))
    return world.journal.all[-1]


@pytest.mark.parametrize(
    ("via", "told"),
    [
        ("oauthcc_server", "Give the client the certificate of oauthcc_server.client_certificate()."),
        ("requests", "Give the client the certificate of oauthcc_server.client_certificate()."),
        ("httpx", "In process, a certificate of httpx can't be seen (one of requests can): give the client the URLs"),
    ],
)
def test_a_missing_certificate(via, told):
    """The remedy depends on whether the fake could have seen one; client_id goes with it."""
    remedy = remedy_of(ask(World(**MUTUAL), None, via=via))
    assert told in remedy
    assert "client_id goes into the body with it (RFC 8705 section 2)." in remedy
    assert told in remedy_of(ask(World(certificate_binding="required"), None, via=via, form=_POST))


_POST = "grant_type=client_credentials&client_id=billing&client_secret=s3cr3t-of-billing"


def test_a_wrong_certificate():
    """The right one is named, and how another is registered."""
    remedy = remedy_of(ask(World(**MUTUAL), OTHER))
    assert "The right one is oauthcc_server.client_certificate()" in remedy
    assert "client_certificate_subject registers the name of another" in remedy


def test_a_bound_token_with_another_certificate_or_none():
    """The client has to show the same one to the token endpoint and to the API."""
    world = World(**MUTUAL)
    ask(world, RIGHT)
    with_other, with_none = remedy_of(call(world, OTHER)), remedy_of(call(world, None, via="httpx"))

    assert with_other.startswith("The client has to show the certificate with which it fetched the token, and fetch")
    assert "In process, a certificate of httpx can't be seen" in with_none


@pytest.mark.oauthcc(auth_methods=["tls_client_auth"], strict=False)
def test_the_report_names_the_certificate(oauthcc):
    """The exchanges of a failed test show whose certificate came, and whose should have."""
    import requests

    mallory = oauthcc.client_certificate(common_name="mallory")
    form = {"grant_type": "client_credentials", "client_id": oauthcc.client_id}
    requests.post(oauthcc.token_url, data=form, cert=mallory.files, timeout=5)
    text = dict(sections())["oauthcc: exchanges"]

    assert "401 (bad certificate)" in text
    assert f"CN=mallory, is not the one that the client '{oauthcc.client_id}' registered" in text


@pytest.mark.parametrize(("methods", "told"), [(["tls_client_auth"], True), (["client_secret_basic"], False)])
def test_no_authentication_at_all(oauthcc_factory, methods, told):
    """Where certificates are taken, the broken rule says that none was seen."""
    import requests

    made = oauthcc_factory(auth_methods=methods, strict=False)
    requests.post(made.token_url, data={"grant_type": "client_credentials"}, timeout=5)
    (violation,) = [found for found in made.violations if found.rule.id == "no-client-authentication"]

    assert (", and no TLS certificate was seen" in violation.detail) is told


def test_a_certificate_without_a_client_id_breaks_a_rule(oauthcc_factory):
    """RFC 8705 section 2: the server need not look through the certificates of all clients."""
    import requests

    made = oauthcc_factory(auth_methods=["tls_client_auth"], strict=False)
    certificate = made.client_certificate()
    requests.post(made.token_url, data={"grant_type": "client_credentials"}, cert=certificate.files, timeout=5)

    assert [found.rule.id for found in made.violations] == ["client-id-missing"]


def test_other_certificates_are_no_retry_of_the_same(oauthcc_factory):
    """Only who shows a refused certificate again repeats what was refused."""
    import requests

    from pytest_oauthcc.rules.behaviour import check_behaviour

    made = oauthcc_factory(auth_methods=["tls_client_auth"], strict=False)
    one, two = (made.client_certificate(common_name=name) for name in ("one", "two"))
    form = {"grant_type": "client_credentials", "client_id": made.client_id}

    def found():
        return {finding.rule.id for finding in check_behaviour(made.journal_of_test.all, made.scene)}

    for certificate in (one, two):
        requests.post(made.token_url, data=form, cert=certificate.files, timeout=5)
    assert "rejected-credentials-retried" not in found()
    requests.post(made.token_url, data=form, cert=one.files, timeout=5)
    assert "rejected-credentials-retried" in found()
