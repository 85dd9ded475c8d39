"""A token request that a client repeats is read once, and no two that differ are taken for each other."""

from __future__ import annotations

from dataclasses import fields, replace

import pytest
from core_world import World

from pytest_oauthcc.core.messages import Headers, Request, Timeout
from pytest_oauthcc.core.names import Names
from pytest_oauthcc.core.readings import Readings

FORM = (("Content-Type", "application/x-www-form-urlencoded"), ("Authorization", "Basic YTpi"))
URL = "https://auth.oauthcc.test/oauth/token"
REQUEST = Request("POST", URL, Headers(FORM), b"grant_type=client_credentials&scope=a")

CHANGES = {
    "method": {"method": "GET"},
    "url": {"url": f"{URL}?x=1"},
    "a header": {"headers": Headers((*FORM, ("DPoP", "x")))},
    "the spelling of a header": {"headers": Headers((("content-type", FORM[0][1]), FORM[1]))},
    "credentials": {"headers": Headers((FORM[0], ("Authorization", "Basic Yzpk")))},
    "body": {"body": b"grant_type=client_credentials&scope=b"},
    "timeout": {"timeout": Timeout(1, 2)},
    "verify": {"verify": False},
    "certificate": {"client_certificate": b"der"},
    "library": {"via": "httpx"},
    "names": {"names": Names("https://a.test", URL, None, URL, URL, URL, URL)},
    "where it was sent": {"sent_to": "http://localhost:8000/oauth/token"},
}


def test_there_is_a_change_of_every_field():
    """A field that comes to requests later must not be forgotten here."""
    assert {name for change in CHANGES.values() for name in change} == {field.name for field in fields(Request)}


@pytest.fixture
def readings():
    """Readings of a provider that takes what comes."""
    return Readings(World().state)


def test_a_repeated_request_is_kept_once(readings):
    """An equal request gives what was read of the first, and the first itself."""
    first = readings.of(REQUEST)

    assert readings.of(replace(REQUEST)) is first
    assert (first.request, first.scopes, first.presented.client_id) == (REQUEST, ("a",), "a")


@pytest.mark.parametrize("changes", CHANGES.values(), ids=CHANGES)
def test_a_request_that_differs_is_read_anew(readings, changes):
    """One difference, whatever it is, makes another request of it."""
    first, other = readings.of(REQUEST), replace(REQUEST, **changes)

    assert readings.of(other) is not first
    assert readings.of(other).request is other


def test_large_bodies_are_not_remembered(readings):
    """What a soak test sends must not stay twice."""
    large = replace(REQUEST, body=REQUEST.body + b"&x=" + b"y" * 5000)

    assert readings.of(large) is not readings.of(large)
    assert readings.of(large).parameters == readings.of(large).parameters


def test_only_the_latest_are_remembered(readings):
    """A client that never repeats itself costs no more memory."""
    first = readings.of(REQUEST)
    for number in range(64):
        readings.of(replace(REQUEST, body=REQUEST.body + str(number).encode()))

    assert readings.of(replace(REQUEST)) is not first


def test_other_settings_read_anew():
    """A check of the contract changes what the provider takes while a client goes on."""
    state = World().state
    readings = Readings(state)
    assert readings.of(REQUEST).body_problem is None

    state.settings = replace(state.settings, body_formats=("json",))

    assert readings.of(REQUEST).body_problem is not None
