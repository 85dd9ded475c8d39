"""Bodies that are too big, too many or too deep for the endpoints themselves, whatever carries them."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_oauthcc import standalone
from pytest_oauthcc.core.messages import Headers, Request
from pytest_oauthcc.core.parameters import MOST_BYTES, MOST_PARAMETERS

BASIC = ("Authorization", "Basic " + base64.b64encode(b"orders:s3cret").decode())
FORM = "application/x-www-form-urlencoded"
JSON = "application/json"
MULTIPART = "multipart/form-data; boundary=x"


@pytest.fixture(scope="module")
def fake():
    """A provider that takes every kind of body."""
    return standalone(
        client_id="orders",
        client_secret="s3cret",
        body_formats=["form", "json", "multipart", "query"],
        methods=["POST", "GET"],
        registration=True,
    )


def ask(fake, url, body, *fields, method="POST"):
    """Send a request; gives status and the members of the answer."""
    request = Request(method, url, Headers([BASIC, *fields]), body)
    outcome = fake.exchange(request, fake.authority.path_for(url)).outcome
    return outcome.status, json.loads(outcome.body)


def form(count):
    """A form with so many parameters besides the grant."""
    return b"grant_type=client_credentials" + b"".join(b"&p%d=1" % number for number in range(count))


def members(count):
    """A JSON object with so many members besides the grant."""
    return json.dumps({"grant_type": "client_credentials", **{f"p{number}": 1 for number in range(count)}}).encode()


def parts(count):
    """A multipart body with so many parts besides the grant."""
    rows = [("grant_type", "client_credentials"), *((f"p{number}", "1") for number in range(count))]
    made = "".join(f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{text}\r\n' for name, text in rows)
    return f"{made}--x--".encode()


@pytest.mark.parametrize(("make", "kind"), [(form, FORM), (members, JSON), (parts, MULTIPART)])
def test_a_token_request_has_a_thousand_parameters_at_most(fake, make, kind):
    """The thousandth is read, the next one makes the request a wrong one, in every kind of body."""
    assert ask(fake, fake.token_url, make(MOST_PARAMETERS - 1), ("Content-Type", kind))[0] == 200

    status, told = ask(fake, fake.token_url, make(MOST_PARAMETERS), ("Content-Type", kind))

    assert (status, told["error"]) == (400, "invalid_request")
    assert dict(fake.token_requests[-1].params) == {}


def test_a_query_with_too_many_parameters_has_none(fake):
    """The same holds for parameters in the URL, where a provider takes them there."""
    query = form(MOST_PARAMETERS).decode()

    status, told = ask(fake, f"{fake.token_url}?{query}", b"", method="GET")

    assert (status, told["error"]) == (400, "invalid_request")


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda size: form(0) + b"&x=" + b"x" * size, FORM),
        (lambda size: members(0)[:-1] + b', "x": "' + b"x" * size + b'"}', JSON),
    ],
)
def test_a_token_request_has_a_megabyte_at_most(fake, make, kind):
    """One byte more, and it is not looked into; the journal keeps it for whoever wants to see it."""
    small = MOST_BYTES - len(make(0))
    assert ask(fake, fake.token_url, make(small), ("Content-Type", kind))[0] == 200

    status, told = ask(fake, fake.token_url, make(small + 1), ("Content-Type", kind))

    assert (status, told["error"]) == (400, "invalid_request")
    assert told["error_description"] == "the body is longer than 1,000,000 bytes"
    assert len(fake.token_requests[-1].body) == MOST_BYTES + 1


def test_a_registration_has_a_megabyte_at_most(fake):
    """The endpoint where clients register has the same limit."""
    status, told = ask(fake, fake.registration_url, b" " * (MOST_BYTES + 1), ("Content-Type", JSON))

    assert (status, told["error"]) == (400, "invalid_client_metadata")
    assert "longer than 1,000,000 bytes" in told["error_description"]


@pytest.mark.parametrize("deep", [b"[" * 400_000, b'{"a":' * 150_000, b"[" * 400_000 + b"]" * 400_000])
@pytest.mark.parametrize("endpoint", ["token_url", "registration_url"])
def test_json_may_be_deep(fake, endpoint, deep):
    """Nesting without end ends neither the process nor the test."""
    status, told = ask(fake, getattr(fake, endpoint), deep, ("Content-Type", JSON))

    assert status == 400
    assert told["error"]


@pytest.mark.parametrize("deep", [b"[" * 400_000, b'{"a":' * 150_000, b"[" * 400_000 + b"]" * 400_000])
def test_json_may_be_deep_at_the_api(deep):
    """A route that looks into bodies does not match, and the journal says that there is no JSON."""
    fake = standalone()
    fake.api.post("/deep", json={"a": 1}).reply(json=1)
    headers = Headers([("Authorization", f"Bearer {fake.mint()}"), ("Content-Type", JSON)])

    answer = fake.exchange(Request("POST", f"{fake.api_url}deep", headers, deep), "/deep")

    assert answer.outcome.status == 404
    assert fake.api_requests[-1].json is None


@pytest.mark.parametrize("coding", ["gzip", "GZIP", "deflate", "br", "zstd", "gzip, gzip", "x-gzip", "compress"])
def test_a_coded_body_is_not_decoded(fake, coding):
    """What a few kilobytes would become does not matter, for nobody unpacks them; the answer says so."""
    bomb = gzip.compress(bytes(20_000_000))

    status, told = ask(fake, fake.token_url, bomb, ("Content-Type", FORM), ("Content-Encoding", coding))

    assert (status, told["error"]) == (400, "invalid_request")
    assert f"Content-Encoding {coding}" in told["error_description"]


@pytest.mark.parametrize("coding", ["identity", " Identity "])
def test_a_body_that_says_it_is_plain_is_read(fake, coding):
    """``identity`` is no coding (RFC 9110 section 12.5.3)."""
    assert ask(fake, fake.token_url, form(0), ("Content-Type", FORM), ("Content-Encoding", coding))[0] == 200


@pytest.mark.parametrize("library", ["requests", "httpx"])
@pytest.mark.parametrize(("endpoint", "status"), [("token", 400), ("api", 200)])
def test_a_hundred_megabytes_in_the_same_process(library, endpoint, status):
    """A body that a client sends through a library is kept as it is, and neither copied nor taken apart."""
    pytest.importorskip("resource")
    script = Path(__file__).with_name("big_bodies.py")
    done = subprocess.run(
        [sys.executable, str(script), library, endpoint], capture_output=True, text=True, check=False, timeout=120
    )

    assert done.returncode == 0, done.stderr
    got, used = map(int, done.stdout.split())
    assert got == status
    assert used < 20_000_000
