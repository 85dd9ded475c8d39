"""What of an exchange the redactor takes for a secret."""

from __future__ import annotations

from pytest_oauthcc.core.journal import OtherRequest
from pytest_oauthcc.core.messages import Headers, Request, Response
from pytest_oauthcc.live.redaction import Redactor
from pytest_oauthcc.live.sightings import secrets_of_answer, secrets_of_proxies, secrets_of_request


def test_secrets_of_a_request():
    """Credentials, cookies one by one, proofs, and keys in headers or in the URL; ordinary values are none."""
    headers = [
        ("Authorization", "Bearer b34rer-b34rer"),
        ("Proxy-Authorization", "b4sic-without-scheme"),
        ("Cookie", "session=c00kie-c00kie; theme=dark-dark; odd"),
        ("DPoP", "pr00f.pr00f.pr00f"),
        ("X-Api-Key", "k3y-k3y-k3y"),
        ("X-Token-Use", "access"),
        ("Accept", "application/json"),
    ]
    url = "https://api.acme.example/x?api_key=url-k3y-k3y&page=12345678&token=short&client_secret=a%2Bb%2Bc%2Bd%2Be"
    redactor = Redactor()
    secrets_of_request(OtherRequest(Request("GET", url, Headers(headers), b""), 0.0, "other"), redactor)
    assert redactor.secrets == {
        "b34rer-b34rer": "Authorization header",
        "b4sic-without-scheme": "Proxy-Authorization header",
        "c00kie-c00kie": "Cookie header",
        "dark-dark": "Cookie header",
        "pr00f.pr00f.pr00f": "DPoP header",
        "k3y-k3y-k3y": "X-Api-Key header",
        "url-k3y-k3y": "api_key in the URL",
        "a+b+c+d+e": "client_secret in the URL",
    }


def test_secrets_of_an_answer():
    """Cookies by their values, and tokens wherever they are in the body."""
    redactor = Redactor()
    headers = (("Set-Cookie", "session=c00kie-c00kie; Path=/"), ("Set-Cookie", "bare-c00kie"), ("Server", "acme-acme"))
    secrets_of_answer(
        Response(200, headers, b'{"a": [{"refresh_token": "r3fresh-r3fresh", "token_type": "Bearer"}]}'), redactor
    )
    assert set(redactor.secrets) == {"c00kie-c00kie", "bare-c00kie", "r3fresh-r3fresh"}


def test_secrets_of_proxies():
    """The password of a proxy, as it stands in the variable and as it is meant; what is no URL has none."""
    redactor = Redactor()
    environ = {
        "HTTPS_PROXY": "http://me:p4ss%20word@proxy.example:3128",
        "http_proxy": "http://proxy.example:3128",
        "ALL_PROXY": "http://[",
        "FTP_PROXY": "me:b4re-p4ss@proxy.example:3128",
        "WSS_PROXY": "http://t0ken-alone@proxy.example",
        "NO_PROXY": "localhost,.acme.example",
        "NO_SUCH": "http://me:other-p4ssword@x.example",
    }
    secrets_of_proxies(environ, redactor)
    assert redactor.secrets == {
        "p4ss%20word": "password in HTTPS_PROXY",
        "p4ss word": "password in HTTPS_PROXY",
        "b4re-p4ss": "password in FTP_PROXY",
        "t0ken-alone": "password in WSS_PROXY",
    }
