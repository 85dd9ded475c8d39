"""What a profile file may say, and what an author is told about one that is wrong."""

from __future__ import annotations

import re
import textwrap
from pathlib import Path

import pytest

from pytest_oauthcc import Profile, ProfileError
from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.profiles import load_profile, profile_names
from pytest_oauthcc.profiles.schema import SCHEMA, TOKEN_GROUPS


@pytest.fixture
def write(tmp_path, monkeypatch):
    """Write a profile into the current directory."""
    monkeypatch.chdir(tmp_path)

    def write(text, name="acme.toml"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
        return name

    return write


def told(name):
    """What an author is told, with the long lists of valid names cut short."""
    with pytest.raises(ProfileError) as caught:
        load_profile(name)
    return re.sub(r"(allowed: (?:[a-z_]+, ){3})(?:[a-z_]+, )+", r"\1..., ", str(caught.value))


GOLDEN = {
    "unknown key": (
        """\
        title = "ACME"
        token_ulr = "https://acme.test/token"
        """,
        """\
        profile acme.toml has 1 mistake
          acme.toml:2: token_ulr: unknown key 'token_ulr'; did you mean 'token_url'?
              allowed: allow, api, api_url, ..., unknown""",
    ),
    "unknown key far from any other": (
        "[api]\nzzzz = 1\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:2: api.zzzz: unknown key 'zzzz'
              allowed: header, headers, realm, ..., scheme""",
    ),
    "profile instead of extends": (
        'profile = "okta"\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: profile: unknown key 'profile'; to derive one profile from another write extends = ...""",
    ),
    "unknown cause": (
        """\
        [refusals]
        [refusals.bad_secrets]
        status = 401
        """,
        """\
        profile acme.toml has 1 mistake
          acme.toml:2: refusals.bad_secrets: unknown key 'bad_secrets'; did you mean 'bad_secret'?
              allowed: any, any_audience, any_client, ..., wrong_param""",
    ),
    "wrong type": (
        'expires_in = "1h"\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: expires_in: is '1h'
              allowed: a whole number of seconds, 0 or more""",
    ),
    "truth value for a number": (
        "expires_in = true\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: expires_in: is true
              allowed: a whole number of seconds, 0 or more""",
    ),
    "date": (
        "title = 2030-01-31\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: title: is 2030-01-31
              allowed: a text""",
    ),
    "date in a template": (
        "[response]\ncreated = { at = [2030-01-31] }\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: response: holds a date or a time, which JSON has no type for
              allowed: a text""",
    ),
    "wrong choice": (
        '[scope]\nmissing = "error"\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:2: scope.missing: is 'error'
              allowed: one of default, none, refuse""",
    ),
    "text for a table": (
        'scope = "read"\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: scope: takes a table, not 'read'
              allowed: [scope]""",
    ),
    "table for a text": (
        "[title]\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: title: is a table
              allowed: a text""",
    ),
    "status that is none": (
        "[refusals.bad_secret]\nstatus = 4010\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:2: refusals.bad_secret.status: is 4010
              allowed: a whole number from 400 to 599""",
    ),
    "error code with forbidden characters": (
        "[refusals.bad_secret]\nerror = 'invalid \"client\"'\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:2: refusals.bad_secret.error: is 'invalid "client"'
              allowed: a code out of the characters that RFC 6749 section 5.2 allows""",
    ),
    "header name": (
        '[response_headers]\n"X Y" = "1"\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:2: response_headers.X Y: 'X Y' is not a header name""",
    ),
    "media type": (
        '[refusals.any]\ncontent_type = "json"\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:2: refusals.any.content_type: is 'json'
              allowed: a media type""",
    ),
    "fragment": (
        'token_url = "https://acme.test/token#here"\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: token_url: the URL has a fragment (#...), which RFC 6749 section 3.2 forbids""",
    ),
    "no URL": (
        'token_url = "acme.test/token"\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: token_url: is 'acme.test/token'
              allowed: an http or https URL""",
    ),
    "public client": (
        'auth_methods = ["none"]\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: auth_methods: is ['none']: a public client can't use this grant (RFC 6749 section 4.4)
              allowed: a list out of client_secret_basic, client_secret_post, client_secret_jwt, private_key_jwt, \
tls_client_auth, self_signed_tls_client_auth""",
    ),
    "scope with a quote": (
        "scopes = 'a \"b'\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: scopes: is 'a "b'
              allowed: a text of scopes or a list of them""",
    ),
    "unknown placeholder": (
        """\
        token_url = "https://{tennant}.acme.test/token"

        [options.tenant]
        takes = "text"
        about = "The tenant."
        default = "red"
        """,
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: token_url: {tennant} stands for nothing; did you mean {tenant}?
              allowed: {tenant}; an option of your own is declared in [options.NAME]""",
    ),
    "placeholder in the wrong place": (
        'api_url = "https://acme.test/{access_token}"\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: api_url: {access_token} is not known here
              allowed: none; an option of your own is declared in [options.NAME]""",
    ),
    "braces that are no placeholder": (
        '[token]\nopaque = "tok-{Random}-{ random }"\n',
        """\
        profile acme.toml has 2 mistakes
          acme.toml:2: token.opaque: {Random} is no placeholder
              allowed: small letters, digits and underscores in braces
          acme.toml:2: token.opaque: { random } is no placeholder
              allowed: small letters, digits and underscores in braces""",
    ),
    "checks": (
        'checks = ["method", "scope"]\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: checks: is ['method', 'scope']: 'client' is missing: a client always has to prove who it is
              allowed: a list out of method, headers, body, duplicates, grant_type, client, params, scope, licence""",
    ),
    "check twice": (
        'checks = ["client", "client"]\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: checks: is ['client', 'client']: a check stands twice in the list
              allowed: a list out of method, headers, body, duplicates, grant_type, client, params, scope, licence""",
    ),
    "unknown check": (
        'checks = ["clients"]\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: checks: is ['clients']
              allowed: a list out of method, headers, body, duplicates, grant_type, client, params, scope, licence""",
    ),
    "pattern": (
        "authorization_pattern = '(?P<client_id>.*'\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: authorization_pattern: is '(?P<client_id>.*': not a regular expression: missing ), unterminated subpattern at position 0
              allowed: a regular expression with the groups client_id and client_secret""",
    ),
    "pattern without groups": (
        "authorization_pattern = '(?P<client_id>.*)'\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: authorization_pattern: is '(?P<client_id>.*)': the groups (?P<client_id>...) and (?P<client_secret>...) are wanted
              allowed: a regular expression with the groups client_id and client_secret""",
    ),
    "metadata URLs": (
        "metadata_urls = [1]\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: metadata_urls: takes a list of texts, not [1]""",
    ),
    "facts": (
        """\
        facts = [
            { text = "It is so.", mark = "verified" },
            { text = "It may be so." },
            { text = "Perhaps.", mark = "probably" },
        ]
        """,
        """\
        profile acme.toml has 2 mistakes
          acme.toml:4: facts[2].mark: is 'probably'
              allowed: one of verified, unverified, inferred
          acme.toml:3: facts[1]: 'mark' is missing""",
    ),
    "facts that are no tables": (
        'facts = ["It is so."]\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: facts: takes a list of tables, not ['It is so.']
              allowed: [{text = ..., mark = ...}, ...]""",
    ),
    "unknown where something has to be said": (
        'title = "unknown"\n[options.key]\ntakes = "unknown"\nabout = "unknown"\ndefault = "unknown"\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:3: options.key.takes: is 'unknown'
              allowed: one of "text", "integer", "boolean\"""",
    ),
    "own option": (
        """\
        [options.key]
        about = "A key."
        made_up = "k-"
        default = "k-1"

        [options.licences]
        takes = "integer"
        about = "Licences."
        default = "many"

        [options.Tenant]
        takes = "text"

        [options.scopes]
        takes = "text"
        about = "Taken already."
        default = "x"

        [options.region]
        takes = "text"
        about = "Nobody gives it."
        """,
        """\
        profile acme.toml has 1 mistake
          acme.toml:11: options.Tenant: 'Tenant' is not a name in small letters, digits and underscores""",
    ),
    "own options, second look": (
        """\
        [options.key]
        about = "A key."
        made_up = "k-"
        default = "k-1"

        [options.licences]
        takes = "integer"
        about = "Licences."
        default = "many"

        [options.scopes]
        takes = "text"
        about = "Taken already."
        default = "x"

        [options.region]
        takes = "text"
        about = "Nobody gives it."
        """,
        """\
        profile acme.toml has 5 mistakes
          acme.toml:1: options.key: 'takes' is missing
          acme.toml:3: options.key.made_up: only a text without a default can be made up
          acme.toml:9: options.licences.default: is 'many'
              allowed: a value of the type integer
          acme.toml:11: options.scopes: 'scopes' has a meaning already, so that an option can't be called so
          acme.toml:16: options.region: a test that does not give the option gets no value
              allowed: default = ... or made_up = ...""",
    ),
    "scopes that nobody may have": (
        'scopes = "a b"\ndefault_scopes = "a c"\n[scope]\nrequired = "d"\n',
        """\
        profile acme.toml has 2 mistakes
          acme.toml:2: default_scopes: names c, which is not among the scopes
              allowed: a b
          acme.toml:4: scope.required: names d, which is not among the scopes
              allowed: a b""",
    ),
    "rules that there are not": (
        '[allow]\ntoken-endpoint-no-tls = "Plain http."\nzzzz = "No."\nsecret-in-query = "Yes."\n',
        """\
        profile acme.toml has 2 mistakes
          acme.toml:2: allow.token-endpoint-no-tls: there is no rule 'token-endpoint-no-tls'; did you mean 'token-endpoint-not-tls'?
              allowed: the ids that pytest --oauthcc-rules lists
          acme.toml:3: allow.zzzz: there is no rule 'zzzz'
              allowed: the ids that pytest --oauthcc-rules lists""",
    ),
    "secret of the wrong type": (
        "client_secret = 123456\n",
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: client_secret: is a value of the wrong form (int)
              allowed: a text""",
    ),
    "long value": (
        f'expires_in = "{"9" * 100}"\n',
        f"""\
        profile acme.toml has 1 mistake
          acme.toml:1: expires_in: is '{"9" * 56}...
              allowed: a whole number of seconds, 0 or more""",
    ),
    "not TOML": (
        'title = "ACME\n',
        """\
        acme.toml: not TOML: Illegal character '\\n' (at line 1, column 14)""",
    ),
    "values of wrong types": (
        """\
        sources = "here"
        [token]
        typ = 1
        [refusals.any]
        challenge = "no"
        [response_headers]
        X-One = "unknown"
        X-Two = 2
        """,
        """\
        profile acme.toml has 4 mistakes
          acme.toml:1: sources: is 'here'
              allowed: a list of texts
          acme.toml:3: token.typ: is 1
              allowed: a text
          acme.toml:5: refusals.any.challenge: is 'no'
              allowed: true or false
          acme.toml:8: response_headers.X-Two: takes a text, not 2""",
    ),
    "dotted keys and tables on one line": (
        """\
        options.key.about = "A key."
        scope = { missing = "none", echo = "loudly" }
        [[facts]]
        text = "One."
        mark = "verified"
        [[facts]]
        text = "Two."
        mark = "verified"
        [facts.more]
        """,
        """\
        profile acme.toml has 2 mistakes
          acme.toml:2: scope.echo: is 'loudly'
              allowed: one of always, different, never
          acme.toml:9: facts[1].more: unknown key 'more'
              allowed: mark, text""",
    ),
    "table by dotted keys": (
        'options.key.about = "A key."\noptions.key.default = "k"\n',
        """\
        profile acme.toml has 1 mistake
          acme.toml:1: options.key: 'takes' is missing""",
    ),
    "several mistakes": (
        """\
        # a comment = "1"
        token_url = "ftp://acme.test/"
        title = '''
        [not.a.table]
        '''
        [[facts]]
        text = "It is so."
        mark = "sure"
        [scope]
        "unknown" = "what"
        """,
        """\
        profile acme.toml has 3 mistakes
          acme.toml:2: token_url: is 'ftp://acme.test/'
              allowed: an http or https URL
          acme.toml:8: facts[0].mark: is 'sure'
              allowed: one of verified, unverified, inferred
          acme.toml:10: scope.unknown: is 'what'
              allowed: one of refuse, ignore""",
    ),
}


@pytest.mark.parametrize("kind", list(GOLDEN))
def test_wrong_file_is_explained(write, kind):
    """All mistakes of a file at once, with file, line, key, what was found and what is allowed."""
    text, expected = GOLDEN[kind]
    assert told(write(text)) == textwrap.dedent(expected)


# --- finding files


def test_unknown_name():
    """The name that was probably meant, and all that there are."""
    message = told("ocata")
    assert message.startswith("unknown profile 'ocata'; did you mean 'okta'?\n    valid: adobe-ims, amadeus, ")
    assert message.endswith("zoom, zoom-websockets, or the path of a .toml file")


def test_name_of_a_file_without_its_ending(write):
    """A file that is there is named by its path."""
    write("")
    assert "; a file is named with its ending: 'acme.toml'\n" in told("acme")


def test_missing_file(tmp_path, monkeypatch):
    """Every place that was looked at is told, each once."""
    monkeypatch.chdir(tmp_path)
    assert told("no/such.toml") == f"there is no profile file 'no/such.toml'; looked for {tmp_path / 'no/such.toml'}"
    other = tmp_path / "other"
    with pytest.raises(ProfileError, match=f"looked for {other / 'x.toml'} and {tmp_path / 'x.toml'}"):
        load_profile("x.toml", relative_to=other)


def test_path_begins_at_relative_to_and_then_at_the_current_directory(write, tmp_path):
    """The nearer of two files with the same name is taken."""
    write('title = "here"', "acme.toml")
    write('title = "there"', "sub/acme.toml")
    assert load_profile("acme.toml", relative_to=tmp_path / "sub").title == "there"
    assert load_profile("acme.toml", relative_to=tmp_path / "none").title == "here"
    assert load_profile("sub/acme.toml").title == "there"
    assert load_profile(str(tmp_path / "acme.toml")).title == "here"


def test_file_that_is_not_utf8(tmp_path):
    """The byte is told."""
    path = tmp_path / "acme.toml"
    path.write_bytes(b'title = "\xff"')
    assert told(str(path)) == f"{path}: not UTF-8 (byte 9); a TOML file has to be"


def test_file_that_cannot_be_read(write, monkeypatch):
    """What the system says is told."""

    def refuse(*_arguments, **_options):
        raise PermissionError(13, "Permission denied")

    name = write("")
    monkeypatch.setattr(Path, "read_text", refuse)
    assert told(name) == "acme.toml: can't be read: Permission denied"


def test_error_shows_no_insides(write):
    """Neither a chain of exceptions nor a frame of ours is shown."""
    with pytest.raises(ProfileError) as caught:
        load_profile(write("zzzz = 1"))
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    own = [entry for entry in caught.traceback if "pytest_oauthcc" in str(entry.path)]
    assert own
    assert all(entry.frame.f_locals.get("__tracebackhide__") for entry in own)


def test_file_is_read_again_when_it_has_changed(write):
    """A profile is kept, but not against its author."""
    name = write('title = "one"')
    assert load_profile(name) is load_profile(name)
    assert load_profile(write('title = "another"')).title == "another"


# --- extends


def test_derived_profile_says_the_rest_as_the_other_one_does(write):
    """Tables are merged, everything else is replaced."""
    parent = load_profile("keycloak")
    profile = load_profile(
        write(
            """\
            extends = "keycloak"
            title = "ACME"
            expires_in = 60
            auth_methods = ["client_secret_post"]

            [options.realm]
            default = "red"

            [response]
            refresh_expires_in = "{omit}"
            tenant = "{realm}"

            [refusals.bad_secret]
            status = 403
            """
        )
    )
    assert (profile.name, profile.title, profile.extends) == ("acme", "ACME", ("keycloak",))
    assert profile.summary == parent.summary
    assert profile.options == {**parent.options, "expires_in": 60, "auth_methods": ("client_secret_post",)}
    assert profile.own["realm"].default == "red"
    assert profile.own["realm"].about == parent.own["realm"].about
    assert profile.own["server"] == parent.own["server"]
    assert "refresh_expires_in" not in profile.dialect.response
    assert profile.dialect.response["tenant"] == "{realm}"
    assert profile.dialect.token == parent.dialect.token
    assert profile.dialect.refusals[Cause.BAD_SECRET].status == 403
    assert profile.dialect.refusals[Cause.BAD_SECRET].error == "unauthorized_client"
    assert profile.dialect.refusals[Cause.NO_CREDENTIALS] == parent.dialect.refusals[Cause.NO_CREDENTIALS]


def test_what_a_derived_profile_says_is_not_left_open_any_more(write):
    """The other one's sentence goes, its other sentences stay."""
    write('expires_in = "unknown"\n[scope]\nunknown = "unknown"\n[unknown]\nrates = "Nobody knows."', "base.toml")
    profile = load_profile(write('extends = "base.toml"\nexpires_in = 60'))
    assert sorted(profile.unknown) == ["rates", "scope.unknown"]
    write('[unknown]\nexpires_in = "Not said."', "base.toml")
    assert load_profile(write('extends = "base.toml"\nexpires_in = 6')).unknown == {}


def test_path_in_extends_begins_at_the_file(write):
    """Not at the current directory."""
    write('title = "base"', "sub/base.toml")
    profile = load_profile(write('extends = "base.toml"', "sub/acme.toml"))
    assert (profile.title, profile.extends) == ("base", ("base",))


def test_mistakes_of_both_files_are_told_at_their_places(write):
    """Each mistake has the file that it stands in."""
    write('title = 1\n\n[api]\nschema = "Bearer"\n', "base.toml")
    message = told(write('extends = "base.toml"\nexpires_in = -1\n'))
    assert [line.strip().partition(" ")[0] for line in message.splitlines() if ".toml:" in line] == [
        "base.toml:1:",
        "base.toml:4:",
        "acme.toml:2:",
    ]


def test_circle(write):
    """The whole way round is told."""
    write('extends = "b.toml"', "a.toml")
    write('title = "B"\nextends = "c.toml"', "b.toml")
    write('extends = "a.toml"', "c.toml")
    assert told("a.toml") == (
        "c.toml:1: extends = 'a.toml': profiles derive from each other in a circle: a -> b -> c -> a"
    )


def test_profile_that_extends_itself(write):
    """The smallest circle."""
    assert "in a circle: acme -> acme" in told(write('extends = "acme.toml"'))


def test_unknown_profile_to_derive_from(write):
    """The place of the word, and what was probably meant."""
    message = told(write('title = "ACME"\nextends = "oktta"'))
    assert message.startswith("acme.toml:2: extends = 'oktta': unknown profile 'oktta'; did you mean 'okta'?")


def test_extends_that_is_no_text(write):
    """It is a mistake as any other."""
    assert "acme.toml:1: extends: is ['okta']" in told(write('extends = ["okta"]'))


# --- what is built of it


def test_unknown_is_legal_wherever_something_can_be_left_open(write):
    """Every key can be left open, and then is what the RFC says."""
    open_keys = {name for name, node in SCHEMA.members.items() if getattr(node, "may_be_unknown", True)}
    open_keys -= {"facts", "options", "allow", "unknown"}
    profile = load_profile(write("".join(f'{name} = "unknown"\n' for name in sorted(open_keys))))
    plain = load_profile(write("", "plain.toml"))
    assert set(profile.unknown) == open_keys
    assert profile.options == {}
    for name in ("response", "refusals", "scope", "token", "api", "checks"):
        assert getattr(profile.dialect, name) == getattr(plain.dialect, name)


def test_member_that_is_left_open_is_the_rfcs(write):
    """A member of the answer or a claim by name; one that the RFC does not have is left out."""
    profile = load_profile(
        write(
            """\
            [response]
            access_token = "{access_token}"
            token_type = "unknown"
            colour = "unknown"

            [token.claims]
            aud = "unknown"

            [refusals]
            bad_secret = "unknown"

            [refusals.unknown_client]
            status = "unknown"
            error = "nobody"
            """
        )
    )
    assert dict(profile.dialect.response) == {"token_type": "{token_type}", "access_token": "{access_token}"}
    assert dict(profile.dialect.token.claims) == {"aud": "{audience}"}
    assert list(profile.dialect.refusals) == [Cause.UNKNOWN_CLIENT]
    assert profile.dialect.refusals[Cause.UNKNOWN_CLIENT].status == 401
    assert set(profile.unknown) == {
        "response.token_type",
        "response.colour",
        "token.claims.aud",
        "refusals.bad_secret",
        "refusals.unknown_client.status",
    }


def test_narrow_refusals_go_before_wide_ones(write):
    """Everything, then a group, then the cause itself; also inside body and headers."""
    profile = load_profile(
        write(
            """\
            [refusals.bad_secret]
            body = { code = 7 }

            [refusals.any_client]
            status = 418
            error = ""
            headers = { X-One = "1", X-Two = "2" }

            [refusals.any]
            status = 400
            challenge = false
            body = { code = 1, text = "{description}" }
            headers = { X-One = "0" }
            """
        )
    )
    refusals = profile.dialect.refusals
    assert set(refusals) == set(TOKEN_GROUPS["any"])
    secret = refusals[Cause.BAD_SECRET]
    assert (secret.status, secret.error, secret.challenge) == (418, None, False)
    assert secret.body == {"code": 7, "text": "{description}"}
    assert secret.headers == {"X-One": "1", "X-Two": "2"}
    assert refusals[Cause.UNKNOWN_SCOPE].body == {"code": 1, "text": "{description}"}
    assert refusals[Cause.UNKNOWN_SCOPE].error == "invalid_scope"


def test_api_url_can_be_none(write):
    """No fake API, as an option's None says it in Python."""
    assert load_profile(write('api_url = "none"')).options == {"api_url": None}


def test_url_can_be_an_option(write):
    """A URL may begin with an option of the profile."""
    text = (
        'token_url = "{server}/token"\n[options.server]\ntakes = "text"\nabout = "The server."\nmade_up = "https://"\n'
    )
    assert load_profile(write(text)).options["token_url"] == "{server}/token"


def test_licensing_brings_its_option(write):
    """The option licences need not be declared, and may be used."""
    profile = load_profile(write('[licensing]\ncapacity = 3\n[response]\nleft = "{licences}"\n'))
    assert (profile.own["licences"].takes, profile.own["licences"].default) == ("integer", 3)


def test_profile_is_named_after_its_file_when_it_has_no_title(write):
    """The least that a profile can say is nothing."""
    profile = load_profile(write("", "plain.toml"))
    assert (profile.name, profile.title, profile.summary, profile.dialect.name) == ("plain",) * 4
    assert (profile.facts, profile.sources, profile.notes, profile.extends, dict(profile.own)) == ((), (), (), (), {})


def test_repr_shows_no_secret(write):
    """What a profile is about, without what is to be kept."""
    profile = load_profile(
        write('token_url = "https://acme.test/token"\nclient_id = "me"\nclient_secret = "s3cret"\nexpires_in = 1')
    )
    assert repr(profile).startswith(
        "Profile('acme', token_url='https://acme.test/token', client_id='me', client_secret='***"
    )
    assert "s3cret" not in repr(profile)
    assert repr(load_profile("hgem")).endswith("own options: api_key)")
    assert Profile.__module__ == "pytest_oauthcc"


# --- the profiles that come along


@pytest.mark.parametrize("name", profile_names())
def test_profile_is_whole(name):
    """Each says what it is, what it was written from, and how sure its facts are."""
    profile = load_profile(name)
    assert profile.name == name
    assert profile.title != name
    assert profile.summary.endswith(".")
    assert profile.sources
    assert profile.facts
    assert "token_url" in profile.options
    assert "\n" not in profile.summary
    for fact in profile.facts:
        assert fact.mark in {"verified", "unverified", "inferred"}


def test_names_are_sorted_and_there_are_all_of_them():
    """The five documented systems and the ones that people meet."""
    names = profile_names()
    assert names == sorted(names)
    assert {"hgem", "json-oauth-token", "hexagon", "graphnet", "jim2"} < set(names)
    assert {
        *("auth0", "okta", "entra", "entra-v1", "cognito", "keycloak", "duende", "hydra", "uaa", "xsuaa", "salesforce"),
        *("paypal", "spotify", "zoom", "twitter", "amadeus", "fedex", "databricks", "pingfederate", "pingam"),
        *("onelogin", "adobe-ims", "box", "shopify"),
    } < set(names)


def test_example_for_contributors_can_be_loaded(tmp_path):
    """The profile in CONTRIBUTING.md has no mistake, and no more than ten lines beside the comment."""
    text = (Path(__file__).parents[2] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    lines = text.partition("```toml\n")[2].partition("```")[0].splitlines()
    (tmp_path / "acme.toml").write_text("\n".join(lines))
    profile = load_profile(str(tmp_path / "acme.toml"))
    assert profile.dialect.refusals[Cause.BAD_SECRET].status == 400
    assert len(lines) <= 11


def test_example_of_the_schemas_page_can_be_loaded(tmp_path):
    """The profile in docs/profile-schema.md is derived as it says."""
    text = (Path(__file__).parents[2] / "docs" / "profile-schema.md").read_text(encoding="utf-8")
    (tmp_path / "acme.toml").write_text(text.partition("```toml\n")[2].partition("```")[0])
    profile = load_profile(str(tmp_path / "acme.toml"))
    assert profile.extends == ("okta",)
    assert profile.own["tenant"].default == "red"
    assert profile.dialect.refusals[Cause.BAD_SECRET].body["fault"]["code"] == "{error}"
    assert profile.unknown["refusals.any_scope"]
