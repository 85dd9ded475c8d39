"""Profiles as the terminal shows them."""

from __future__ import annotations

import pytest

from pytest_oauthcc.profiles import list_lines, load_profile, profile_names, render

SHOWN = """\
acme: ACME
  All there is.
  derived from base

options
  token_url = https://acme.test/token
  api_url = none
  auth_methods = client_secret_basic, client_secret_post
  scopes = a b
  expires_in = 60
  token_format = opaque
  headers = x-key: {key}, x-other: 1

options of its own
  key (text; made up, k-...): The key.
  licences (integer; 2): How many licences there are.
  loud (boolean; false): Whether it is loud.

answer with a token
  access_token: {access_token}
  refresh_token: {null}
  empty: ""
  left: {"of": 7}

token
  tok-{random}

checks, in this order
  method, client

refusals of the token endpoint, where they are not RFC 6749's
  no_credentials, malformed_credentials, auth_method_not_allowed, unknown_client, bad_assertion,
      bad_certificate: 400 without an error code 'nobody' X-One: 1
  bad_secret: 418 with an empty body X-One: 1

refusals of the API, where they are not RFC 6750's
  token_expired: 401 [{"late": "{description}"}]

licences
  2, each for 30 s, none for view; bye frees one

not said by its documents
  scope.echo: The provider's documents don't say.
  rates: Nobody knows.

not confirmed
  Perhaps. (unverified)

notes
  Mind the gap.

sources
  A page"""

BASE = 'title = "BASE"\nsummary = "All there is."\n'
ACME = """
extends = "base.toml"
title = "ACME"
sources = ["A page"]
notes = ["Mind the gap."]
facts = [{ text = "So it is.", mark = "verified" }, { text = "Perhaps.", mark = "unverified" }]
token_url = "https://acme.test/token"
api_url = "none"
auth_methods = ["client_secret_basic", "client_secret_post"]
scopes = "a b"
expires_in = 60
token_format = "opaque"
checks = ["method", "client"]
headers = { x-key = "{key}", x-other = "1" }
options.key = { takes = "text", about = "The key.", made_up = "k-" }
options.licences = { takes = "integer", about = "How many licences there are.", default = 2 }
options.loud = { takes = "boolean", about = "Whether it is loud.", default = false }
response = { access_token = "{access_token}", refresh_token = "{null}", empty = "", left = { of = 7 } }
token = { opaque = "tok-{random}" }
scope = { echo = "unknown" }
licensing = { capacity = 2, hold = 30, exempt_scopes = "view", release_path = "bye" }
refusals.any_client = { status = 400, error = "", description = "nobody", headers = { X-One = "1" } }
refusals.bad_secret = { status = 418, body = "" }
api.refusals.token_expired.body = [{ late = "{description}" }]
unknown = { rates = "Nobody knows." }
"""


def test_one_profile_shows_all_that_it_says(tmp_path):
    """Every part of a profile, wrapped for the terminal; what is the RFC's is not repeated."""
    (tmp_path / "base.toml").write_text(BASE)
    (tmp_path / "acme.toml").write_text(ACME)
    shown = render(load_profile("acme.toml", relative_to=tmp_path))
    assert shown == SHOWN


def test_plain_profile_is_short(tmp_path):
    """A part that says nothing is not shown."""
    (tmp_path / "plain.toml").write_text('[licensing]\n[token]\ntyp = ""\n')
    lines = render(load_profile("plain.toml", relative_to=tmp_path)).splitlines()
    assert lines[:2] == ["plain: plain", "  plain"]
    assert [line for line in lines if line and not line.startswith(" ")][1:] == [
        "options of its own",
        "answer with a token",
        "claims of a token",
        "checks, in this order",
        "licences",
    ]
    assert "  1, each for 1200 s; logoff frees one" in lines


@pytest.mark.parametrize("name", profile_names())
def test_every_profile_can_be_shown(name):
    """No line is too wide to be read unless it holds one long word, and no placeholder is filled in."""
    shown = render(load_profile(name))
    assert shown.startswith(f"{name}: ")
    assert all(len(line) <= 100 or " " not in line.strip() for line in shown.splitlines())


def test_what_many_bodies_have_in_common_is_shown_once():
    """Entra's eight members stand in front, and each refusal shows its codes."""
    shown = render(load_profile("entra"))
    assert shown.count('"trace_id"') == 1
    assert "[7000215]" in shown


def test_list_has_one_line_for_each_profile():
    """The name first, so that it can be cut out."""
    lines = list_lines()
    assert [line.split()[0] for line in lines] == profile_names()
    assert all("\n" not in line for line in lines)


def test_command_line(pytester):
    """Both options print and end without running tests; a wrong name is one readable error."""
    listed = pytester.runpytest("--oauthcc-profiles")
    assert listed.ret == 0
    assert listed.outlines == list_lines()
    shown = pytester.runpytest("--oauthcc-profile", "hgem")
    assert shown.ret == 0
    assert "\n".join(shown.outlines) == render(load_profile("hgem"))
    wrong = pytester.runpytest("--oauthcc-profile", "hgen")
    assert wrong.ret == 4
    wrong.stderr.fnmatch_lines(["ERROR: unknown profile 'hgen'; did you mean 'hgem'?*"])
    assert "Traceback" not in wrong.stderr.str()
