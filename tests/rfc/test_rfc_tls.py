from __future__ import annotations

import pytest
import requests

rfc = pytest.mark.rfc
GRANT = {"grant_type": "client_credentials"}


@rfc("6749 §2.3.1 tls", "6749 §3.2 tls", "2.1 https")
@pytest.mark.parametrize(
    ("token_url", "told"),
    [
        ("http://auth.plain.test/token", True),
        ("https://auth.plain.test/token", False),
        ("http://127.0.0.1/token", False),
        ("http://localhost:8080/token", False),
    ],
)
def test_a_password_in_plain_http_is_told_of(oauthcc_factory, token_url, told):
    """A secret that went over plain http to anywhere but this machine breaks a rule."""
    made = oauthcc_factory(token_url=token_url, strict=False)
    assert requests.post(token_url, data=GRANT, auth=(made.client_id, made.client_secret), timeout=5).status_code == 200

    assert [violation.rule.id for violation in made.violations if "tls" in violation.rule.id] == (
        ["token-endpoint-not-tls"] if told else []
    )


@rfc("6749 §10.9", "7662 §2", "8414 §2 https", "2.1 https")
@pytest.mark.oauthcc(tls=True, registration=True)
def test_over_a_socket_every_endpoint_is_behind_tls(oauthcc, oauthcc_server):
    """With tls=True each URL that the server tells is https, has a certificate to be checked, and works."""
    trust = {"verify": str(oauthcc_server.ca_pem_path), "timeout": 5}
    told = requests.get(oauthcc_server.metadata_url, **trust).json()
    urls = {name: url for name, url in told.items() if name.endswith(("_endpoint", "_uri")) or name == "issuer"}
    who = (oauthcc.client_id, oauthcc.client_secret)

    assert len(urls) >= 7
    assert {url.partition("://")[0] for url in urls.values()} == {"https"}
    token = requests.post(told["token_endpoint"], data=GRANT, auth=who, **trust).json()["access_token"]
    assert requests.post(told["introspection_endpoint"], data={"token": token}, auth=who, **trust).json()["active"]
    assert requests.get(told["jwks_uri"], **trust).json()["keys"]
    with pytest.raises(requests.exceptions.SSLError, match="CERTIFICATE_VERIFY_FAILED"):
        requests.post(told["introspection_endpoint"], data={"token": token}, auth=who, timeout=5)


@rfc("8414 §2 https", "2.1 https")
def test_in_process_every_url_is_https(oauthcc_factory):
    """By default no URL of a provider, in its options or in its metadata, is a plain one."""
    made = oauthcc_factory(registration=True)
    told = requests.get(made.metadata_url, timeout=5).json()
    urls = [value for value in told.values() if isinstance(value, str) and "://" in value]

    assert {url.partition("://")[0] for url in (*urls, made.token_url, made.api_url)} == {"https"}
