"""A server shows a bad certificate when a test wants it to, and clients that look notice."""

from __future__ import annotations

import ssl
import urllib.error
import urllib.request

import pytest

from pytest_oauthcc import OptionError

NOTICED = {
    "untrusted": "unable to get local issuer certificate|self-signed certificate",
    "wrong-host": "IP address mismatch",
    "expired": "certificate has expired",
}


def fetch(server, context):
    with urllib.request.urlopen(server.metadata_url, context=context, timeout=5) as answer:
        return answer.status


@pytest.mark.oauthcc(tls=True)
@pytest.mark.parametrize("fault", NOTICED)
def test_a_bad_certificate_is_noticed_and_a_good_one_makes_up_for_it(oauthcc_server, fault):
    """Each fault is refused for its own reason, and None shows a good certificate again."""
    assert fetch(oauthcc_server, oauthcc_server.ssl_context) == 200

    oauthcc_server.show_certificate(fault)
    with pytest.raises(urllib.error.URLError, match=NOTICED[fault]) as refused:
        fetch(oauthcc_server, oauthcc_server.ssl_context)
    assert isinstance(refused.value.reason, ssl.SSLCertVerificationError)

    oauthcc_server.show_certificate()
    assert fetch(oauthcc_server, oauthcc_server.ssl_context) == 200


@pytest.mark.oauthcc(tls=True)
def test_connections_that_are_open_are_cut(oauthcc_server):
    """A connection that is kept alive does not outlive the certificate that it was made with."""
    requests = pytest.importorskip("requests")
    with requests.Session() as session:
        session.trust_env, session.verify = False, str(oauthcc_server.ca_pem_path)
        assert session.get(oauthcc_server.metadata_url, timeout=5).status_code == 200

        oauthcc_server.show_certificate("wrong-host")

        with pytest.raises(requests.exceptions.SSLError):
            session.get(oauthcc_server.metadata_url, timeout=5)


@pytest.mark.oauthcc(tls=True)
def test_an_unknown_fault_is_told(oauthcc_server):
    """The faults that there are stand in the message."""
    with pytest.raises(OptionError, match="takes untrusted, wrong-host, expired or None, not 'expird'"):
        oauthcc_server.show_certificate("expird")


def test_a_server_without_tls_has_no_certificate(oauthcc_server):
    """On plain HTTP there is nothing to show."""
    with pytest.raises(OptionError, match="plain HTTP"):
        oauthcc_server.show_certificate("expired")
