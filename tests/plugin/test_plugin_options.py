"""Options: where they come from, which one counts, and what a wrong one is told."""

from __future__ import annotations

import pytest

SHOW = """
def shown(p):
    settings = p.authority.state.settings
    return [p.token_url, settings.scopes, settings.expires_in, p.name]
"""


def test_the_nearest_option_counts(run):
    """oauthcc_options, the function's marker, the class's own, its base's, the module's, the ini file, the default."""
    run(
        """
pytestmark = pytest.mark.oauthcc(expires_in=4, client_id="module", audience="module", scopes="module",
                                 token_format="opaque", issuer="https://module.test")

@pytest.mark.oauthcc(expires_in=3, client_id="base", audience="base", scopes="base", client_secret="base")
class Base:
    pass

@pytest.mark.oauthcc(expires_in=2, client_id="class", audience="class")
class TestClass(Base):
    @pytest.mark.oauthcc(expires_in=1, client_id="outer")
    @pytest.mark.oauthcc(expires_in=7)
    def test_it(self, oauthcc):
        settings = oauthcc.authority.state.settings
        assert settings.expires_in == 7                       # the innermost of the function's
        assert oauthcc.client_id == "outer"                   # the function's
        assert settings.audience == ("class",)                # the class's own
        assert oauthcc.scopes == ("base",)                    # its base's
        assert oauthcc.client_secret == "base"
        assert oauthcc.issuer == "https://module.test"        # the module's
        assert settings.token_format == "opaque"
        assert settings.max_exchanges == 77                   # ini
        assert settings.signing_alg == "ES256"                # default

class TestOptions(TestClass):
    @pytest.fixture
    def oauthcc_options(self):
        return {"expires_in": 0, "client_id": "fixture"}

    @pytest.mark.oauthcc(expires_in=1)
    def test_it(self, oauthcc):
        settings = oauthcc.authority.state.settings
        assert settings.expires_in == 0
        assert oauthcc.client_id == "fixture"
        assert settings.audience == ("class",)
""",
        ini="oauthcc_max_exchanges = 77\noauthcc_expires_in = 9\n",
        passed=2,
    )


def test_a_class_marker_added_late_counts_most_of_the_class(run):
    """A marker that a plugin adds to a class node while it is collected is as near as its own."""
    run(
        """
@pytest.mark.oauthcc(expires_in=2)
class Base:
    pass

class TestIt(Base):
    def test_it(self, oauthcc):
        assert oauthcc.authority.state.settings.expires_in == 1
""",
        conftest="""
import pytest

def pytest_collection_modifyitems(items):
    items[0].parent.add_marker(pytest.mark.oauthcc(expires_in=1))
""",
        passed=1,
    )


def test_a_package_may_override_the_options(run):
    """oauthcc_options may be overridden in a conftest for all that is below, and again nearer, built on the former."""
    run(
        "",
        files={
            "pkg/conftest.py": """
import pytest

@pytest.fixture
def oauthcc_options():
    return {"scopes": "a b", "expires_in": 5}
""",
            "pkg/test_below.py": """
import pytest

@pytest.fixture
def oauthcc_options(oauthcc_options):
    return {**oauthcc_options, "expires_in": 6}

def test_it(oauthcc):
    assert oauthcc.scopes == ("a", "b")
    assert oauthcc.authority.state.settings.expires_in == 6
""",
        },
        passed=1,
    )


def test_naming_a_profile_discards_what_is_farther(run):
    """What was set for another provider does not hold for this one; what is as near or nearer does."""
    run(
        """
pytestmark = pytest.mark.oauthcc(expires_in=7, client_id="module", scopes="module")

@pytest.mark.oauthcc("graphnet", client_id="function")
def test_it(oauthcc):
    settings = oauthcc.authority.state.settings
    assert oauthcc.name == "graphnet"
    assert oauthcc.profile.name == "graphnet"
    assert oauthcc.client_id == "function"
    assert settings.scopes != ("module",)
    assert settings.expires_in != 7
    assert settings.max_exchanges == 1000

def test_none(oauthcc):
    assert oauthcc.profile is None
    assert oauthcc.authority.state.settings.max_exchanges == 77
""",
        ini="oauthcc_max_exchanges = 77\n",
        passed=2,
    )


def test_a_profile_of_the_ini_file_is_for_all(run):
    """It holds for the fixture, the factory and provider(), and options beside it go before it."""
    run(
        """
import pytest_oauthcc

def test_fixture(oauthcc):
    assert (oauthcc.name, oauthcc.client_id) == ("graphnet", "ini")

def test_factory(oauthcc_factory):
    assert (oauthcc_factory().name, oauthcc_factory().name) == ("graphnet", "graphnet")

@pytest.fixture(scope="session")
def wide():
    with pytest_oauthcc.provider() as p:
        yield p

def test_wide(wide):
    assert (wide.name, wide.client_id) == ("graphnet", "ini")
    with pytest_oauthcc.provider(client_id="own", token_url="https://x.test/t") as p:
        assert (p.name, p.client_id) == ("graphnet", "own")

@pytest.mark.oauthcc("hgem", api_key="k")
def test_another(oauthcc):
    assert (oauthcc.name, oauthcc.options["api_key"]) == ("hgem", "k")
    assert oauthcc.client_id != "ini"
""",
        ini="oauthcc_profile = graphnet\noauthcc_client_id = ini\n",
        passed=4,
    )


def test_the_factory_and_provider_inherit_nothing_but_ini(run):
    """Markers and oauthcc_options are for the fixture alone."""
    run(
        """
import pytest_oauthcc

@pytest.fixture
def oauthcc_options():
    return {"expires_in": 2}

@pytest.mark.oauthcc(scopes="a")
def test_it(oauthcc, oauthcc_factory):
    for p in (oauthcc_factory(), oauthcc_factory(scopes="b")):
        assert p.authority.state.settings.expires_in == 9
        assert p.scopes != ("a",)
    with pytest_oauthcc.provider() as p:
        assert p.authority.state.settings.expires_in == 9
""",
        ini="oauthcc_expires_in = 9\n",
        passed=1,
    )


def test_a_profile_file_is_found_beside_the_test(run):
    """A path is relative to the test file, in the ini file to the root of the run."""
    toml = 'extends = "graphnet"\ntitle = "Mine"\nexpires_in = 11\n'
    run(
        """
@pytest.mark.oauthcc("mine.toml")
def test_it(oauthcc):
    assert fetch(oauthcc)

def test_factory(oauthcc_factory):
    assert oauthcc_factory("mine.toml").authority.state.settings.expires_in == 11
""".replace("assert fetch(oauthcc)", "assert oauthcc.authority.state.settings.expires_in == 11"),
        files={
            "mine.toml": toml,
            "sub/test_sub.py": "import pytest\n\ndef test_it():\n    import pytest_oauthcc\n    with pytest_oauthcc.provider('mine.toml') as p:\n        assert p.profile.name == 'mine'\n",
        },
        passed=3,
    )


INI_VALUES = {
    "token_url": ("https://a.test/t", "https://a.test/t"),
    "api_url": ("https://a.test/api", "https://a.test/api"),
    "issuer": ("https://a.test", "https://a.test"),
    "client_id": ("c", "c"),
    "client_secret": ("s", "s"),
    "client_jwks": ('{"keys": []}', {"keys": []}),
    "scopes": ("a b", ("a", "b")),
    "default_scopes": ('"a b" c', ("a", "b", "c")),
    "auth_methods": ("client_secret_post", ("client_secret_post",)),
    "body_formats": ("form json", ("form", "json")),
    "methods": ("POST GET", ("POST", "GET")),
    "expires_in": ("60", 60),
    "token_format": ("opaque", "opaque"),
    "signing_alg": ("RS256", "RS256"),
    "audience": ("https://x.test", ("https://x.test",)),
    "headers": ("\n  X-A: b: c\n  X-D: e", {"X-A": "b: c", "X-D": "e"}),
    "params": ("\n  a=b=c\n  r=1\n  r=2\n  r=3", {"a": "b=c", "r": ("1", "2", "3")}),
    "strict": ("should", "should"),
    "dpop": ("optional", "optional"),
    "dpop_nonce": ("yes", True),
    "client_certificate_subject": ("\n  san_uri: urn:acme:orders", {"san_uri": "urn:acme:orders"}),
    "certificate_binding": ("optional", "optional"),
    "mtls_aliases": ("yes", True),
    "registration": ("yes", True),
    "tls": ("yes", True),
    "allow": ("\n  secret-in-query: they: want it", {"secret-in-query": "they: want it"}),
    "passthrough": ("A.test b.test", ("a.test", "b.test")),
    "max_exchanges": ("5", 5),
    "journal_limit": ("5", 5),
}


def test_every_option_has_an_ini_setting():
    """The table below is complete."""
    from pytest_oauthcc.options import OPTIONS

    assert set(INI_VALUES) == set(OPTIONS) - {"profile"}


@pytest.mark.parametrize("name", INI_VALUES)
def test_every_ini_setting_arrives(run, name):
    """An ini setting has the same meaning as the option in Python."""
    text, value = INI_VALUES[name]

    run(
        f"""
def test_it(oauthcc):
    assert getattr(oauthcc.authority.state.settings, {name!r}) == {value!r}
""",
        ini=f"oauthcc_{name} = {text}\n",
        passed=1,
    )


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("api_url", "none", None),
        ("strict", "false", False),
        ("strict", "True", True),
        ("tls", "0", False),
    ],
)
def test_words_in_an_ini_setting(run, name, text, value):
    """There are words for what is no text in Python."""
    run(
        f"def test_it(oauthcc):\n    assert oauthcc.authority.state.settings.{name} is {value!r}\n",
        ini=f"oauthcc_{name} = {text}\n",
        passed=1,
    )


@pytest.mark.parametrize("style", ["[tool.pytest.ini_options]", "[tool.pytest]"])
def test_settings_in_pyproject(pytester, style):
    """Both tables of pyproject.toml work, with lists and numbers as TOML has them."""
    if style == "[tool.pytest]" and pytest.version_tuple < (9,):
        pytest.skip("this pytest knows the older table only")
    pytester.makepyprojecttoml(
        f"""
        {style}
        asyncio_default_fixture_loop_scope = "function"
        oauthcc_scopes = ["a", "b c"]
        oauthcc_expires_in = {'"60"' if style == "[tool.pytest.ini_options]" else "60"}
        oauthcc_headers = ["X-A: b"]
        oauthcc_client_id = "c"
        """
    )
    pytester.makepyfile(
        """
        def test_it(oauthcc):
            settings = oauthcc.authority.state.settings
            assert settings.scopes == ("a", "b", "c")
            assert settings.expires_in == 60
            assert settings.headers == {"X-A": "b"}
            assert oauthcc.client_id == "c"
        """
    )
    pytester.runpytest_inprocess("-p", "no:cacheprovider").assert_outcomes(passed=1)


WRONG_INI = {
    "type": (
        "oauthcc_token_format = jwe",
        "ERROR: ini setting oauthcc_token_format: option 'token_format' takes 'jwt' or 'opaque', not 'jwe' (str)",
    ),
    "number": (
        "oauthcc_expires_in = soon",
        "ERROR: ini setting oauthcc_expires_in: *takes a whole number of seconds, 0 or more*",
    ),
    "negative": (
        "oauthcc_expires_in = -5",
        "ERROR: ini setting oauthcc_expires_in: option 'expires_in' takes a whole number of seconds, 0 or more, not *-5*",
    ),
    "line": ("oauthcc_headers = X-A", "ERROR: ini setting oauthcc_headers: 'X-A' is not of the form 'name:value'"),
    "pair": ("oauthcc_params = a", "ERROR: ini setting oauthcc_params: 'a' is not of the form 'name=value'"),
    "no name": ("oauthcc_params = =a", "ERROR: ini setting oauthcc_params: '=a' is not of the form 'name=value'"),
    "keys": (
        "oauthcc_client_jwks = {]",
        (
            "ERROR: ini setting oauthcc_client_jwks: option 'client_jwks' takes a JWK set: a table with a list 'keys' of "
            "public keys, not this str"
        ),
    ),
    "clock": (
        "oauthcc_clock_backend = sundial",
        "ERROR: ini setting oauthcc_clock_backend: takes freezegun or time-machine, not 'sundial'",
    ),
    "strict": (
        "oauthcc_strict = maybe",
        "ERROR: ini setting oauthcc_strict: option 'strict' takes True, False or 'should', not 'maybe' (str)",
    ),
}


@pytest.mark.parametrize(("setting", "told"), WRONG_INI.values(), ids=WRONG_INI)
def test_a_wrong_ini_setting_is_told_before_any_test_runs(run, setting, told):
    """One line says which setting, what it takes and what it got; no test is collected."""
    result = run("def test_it():\n    pass\n", ini=setting + "\n")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert result.outlines == []
    result.stderr.fnmatch_lines([told.replace("[", "[[]")])


def test_a_backend_of_the_clock_that_is_there(run):
    """time-machine moves the time where the ini file says so."""
    run(
        """
def test_it(oauthcc_clock):
    assert oauthcc_clock._backend == "time-machine"
""",
        ini="oauthcc_clock_backend = time-machine\n",
        passed=1,
    )


VALID = (
    "allow, api_url, audience, auth_methods, body_formats, certificate_binding, client_certificate_subject, client_id, "
)
WRONG = {
    "typo": (
        '@pytest.mark.oauthcc(scope="a")\ndef test_it(oauthcc): pass',
        "@pytest.mark.oauthcc: unknown option 'scope'. Did you mean 'scopes'? Valid: " + VALID + "*",
    ),
    "type": (
        "@pytest.mark.oauthcc(expires_in='60')\ndef test_it(): pass",
        "@pytest.mark.oauthcc: option 'expires_in' takes a whole number of seconds, 0 or more, not '60' (str)",
    ),
    "a secret is not shown": (
        "@pytest.mark.oauthcc(client_secret=b'hush')\ndef test_it(): pass",
        "@pytest.mark.oauthcc: option 'client_secret' takes a text, not this bytes",
    ),
    "two profiles": (
        "@pytest.mark.oauthcc('a', 'b')\ndef test_it(): pass",
        "@pytest.mark.oauthcc takes one profile and then options by name, not 'a', 'b'",
    ),
    "profile twice": (
        "@pytest.mark.oauthcc('hgem', profile='jim2')\ndef test_it(): pass",
        "@pytest.mark.oauthcc takes one profile and then options by name, not 'hgem'",
    ),
    "profile of a wrong type": (
        "@pytest.mark.oauthcc(5)\ndef test_it(): pass",
        "@pytest.mark.oauthcc: option 'profile' takes the name of a profile or the path of a .toml file, not 5 (int)",
    ),
    "unknown profile": ("@pytest.mark.oauthcc('hgen')\ndef test_it(): pass", "*hgem*"),
    "options typo": (
        "@pytest.fixture\ndef oauthcc_options(): return {'tokenurl': 'x'}\ndef test_it(oauthcc): pass",
        "oauthcc_options: unknown option 'tokenurl'. Did you mean 'token_url'? Valid: *",
    ),
    "options list": (
        "@pytest.fixture\ndef oauthcc_options(): return ['a']\ndef test_it(oauthcc): pass",
        "the fixture oauthcc_options returned a list; it has to return a dict, such as {'scopes': 'orders:read'}",
    ),
    "options nothing": (
        "@pytest.fixture\ndef oauthcc_options(): pass\ndef test_it(oauthcc): pass",
        "the fixture oauthcc_options returned a NoneType; it has to return a dict, such as {'scopes': 'orders:read'}",
    ),
    "own option of another profile": (
        "@pytest.mark.oauthcc('graphnet', api_key='k')\ndef test_it(): pass",
        "@pytest.mark.oauthcc: unknown option 'api_key'. *",
    ),
    "url": (
        "@pytest.mark.oauthcc(token_url='auth.test/token')\ndef test_it(): pass",
        "@pytest.mark.oauthcc: option 'token_url' takes an http or https URL, not 'auth.test/token' (str)",
    ),
    "rule": (
        "@pytest.mark.oauthcc(allow={'secret-in-qery': 'x'})\ndef test_it(): pass",
        "@pytest.mark.oauthcc: allow names the rule 'secret-in-qery', and there is no such rule. *'secret-in-query'*",
    ),
    "overridden": (
        "pytestmark = pytest.mark.oauthcc(expires_in='60')\n\n@pytest.mark.oauthcc(expires_in=60)\ndef test_it(): pass",
        "@pytest.mark.oauthcc: option 'expires_in' takes a whole number of seconds, 0 or more, not '60' (str)",
    ),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_a_wrong_option_is_one_line(run, text, told):
    """A usage error says where, what is valid and what was meant, without a line of our insides."""
    result = run(text, errors=1)

    result.stdout.fnmatch_lines([told.replace("[", "[[]")])
    assert "hush" not in result.stdout.str()
    assert "pytest_oauthcc/" not in result.stdout.str()


@pytest.mark.parametrize(
    ("call", "told"),
    [
        ("oauthcc_factory(scope='a')", "oauthcc_factory(): unknown option 'scope'. Did you mean 'scopes'? *"),
        ("pytest_oauthcc.provider(scope='a').__enter__()", "pytest_oauthcc.provider(): unknown option 'scope'. *"),
        ("oauthcc_factory('graphnet', scope='a')", "oauthcc_factory(): unknown option 'scope'. *"),
    ],
)
def test_a_wrong_argument_points_at_the_test(run, call, told):
    """The factory and provider() raise in the test, which sees its own line and the message."""
    result = run(f"import pytest_oauthcc\n\ndef test_it(oauthcc_factory):\n    {call}\n", failed=1)

    result.stdout.fnmatch_lines([f">       {call}", f"E       pytest_oauthcc.OptionError: {told}"])
    assert "pytest_oauthcc/" not in result.stdout.str()


def test_the_marker_is_declared(run):
    """--markers describes it, and so --strict-markers is content."""
    result = run("", "--markers")

    result.stdout.fnmatch_lines(["@pytest.mark.oauthcc(profile=None, **options): fake an OAuth 2.0 provider *"])


@pytest.mark.parametrize(
    ("option", "told"),
    [
        (["--oauthcc-profiles"], ["*hgem*", "*jim2*"]),
        (["--oauthcc-profile", "hgem"], ["*hgem*"]),
        (["--oauthcc-rules"], ["*secret-in-query*"]),
    ],
)
def test_information_instead_of_tests(run, option, told):
    """Options that only ask for information print it, and no test runs."""
    result = run("def test_it():\n    assert False\n", *option)

    assert result.ret == 0
    result.stdout.fnmatch_lines(told)
    assert "test_it" not in result.stdout.str()


def test_information_about_an_unknown_profile(run):
    """A typo is a usage error with what there is."""
    result = run("", "--oauthcc-profile", "hgen")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*hgem*"])


def test_an_ini_token_url_is_for_the_first_provider(run):
    """Providers that the factory makes beside it have hosts of their own, built on it."""
    run(
        """
def test_it(oauthcc, oauthcc_factory):
    assert oauthcc.token_url == "https://login.acme.example/t"
    other = oauthcc_factory()
    assert other.token_url == "https://login.acme.example.2.oauthcc.test/t"
    assert other.api_url != oauthcc.api_url
""",
        ini="oauthcc_token_url = https://login.acme.example/t\n",
        passed=1,
    )


def test_a_profiles_own_options_are_ini_settings(run):
    """Where the ini file names the profile, it can set the options that the profile declares."""
    text = """
def test_it(oauthcc):
    assert oauthcc.options["api_key"] == "k-123"
"""
    run(text, ini="oauthcc_profile = hgem\noauthcc_api_key = k-123\n", passed=1)
    run(
        "\ndef test_it(oauthcc): assert oauthcc.options['licences'] == 3\n",
        ini="oauthcc_profile = jim2\noauthcc_licences = 3\n",
        passed=1,
    )
    run(text, ini="oauthcc_profile = hgem\noauthcc_licences = many\n", errors=1).stdout.fnmatch_lines(
        ["*ini settings: unknown option 'licences'*"]
    )


def test_the_ini_settings_of_profiles_are_all_there():
    """The table of profiles' own options, which exists for the ini file, has what the built-in profiles declare."""
    from pytest_oauthcc.options import PROFILE_OPTIONS
    from pytest_oauthcc.profiles import load_profile, profile_names

    declared = {
        name: option.takes for found in map(load_profile, profile_names()) for name, option in found.own.items()
    }
    assert declared == PROFILE_OPTIONS
