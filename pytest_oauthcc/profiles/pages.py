"""
The documentation's pages about profiles, written from the profiles themselves.

``python -m pytest_oauthcc.profiles.pages`` writes them below ``docs``; with ``--check`` it only says which are not
current, and ends with status 1 if any is.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.profiles.loader import load_profile, profile_names
from pytest_oauthcc.profiles.schema_page import schema_page
from pytest_oauthcc.profiles.showing import describe_refusals, show_option, show_value

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from pytest_oauthcc.profiles.profile import Profile

__all__ = ["index_page", "main", "pages", "profile_page"]

_DO_NOT_EDIT = "<!-- Written by `python -m pytest_oauthcc.profiles.pages` from {source}; edit that instead. -->"


def pages() -> dict[str, str]:
    """Return every page: its path below the directory of the documentation, and its text."""
    profiles = [load_profile(name) for name in profile_names()]
    return {
        **{f"profiles/{profile.name}.md": profile_page(profile) for profile in profiles},
        "profiles/index.md": index_page(profiles),
        "profile-schema.md": schema_page(_DO_NOT_EDIT.format(source="pytest_oauthcc/profiles/schema.py")),
    }


def index_page(profiles: Sequence[Profile]) -> str:
    """Return the page that lists all profiles."""
    rows = [
        (f"[`{profile.name}`]({profile.name}.md)", profile.title, profile.summary, str(_unsure(profile)))
        for profile in profiles
    ]
    lines = [
        _DO_NOT_EDIT.format(source="the profiles"),
        "",
        "# Providers",
        "",
        'A test names a provider and gets its ways: `@pytest.mark.oauthcc("okta")`. What each page says stands in',
        "the profile's file, with how sure it is: facts that were seen in a source are *verified*, the others are",
        "*inferred* or *unverified*. `pytest --oauthcc-profiles` lists the profiles, `pytest --oauthcc-profile NAME`",
        "shows one, and [Writing a profile](../profile-schema.md) tells how to make your own.",
        "",
        *_table(("profile", "provider", "what is peculiar about it", "unsure facts"), rows),
    ]
    return "\n".join(lines) + "\n"


def _unsure(profile: Profile) -> int:
    return sum(fact.mark != "verified" for fact in profile.facts)


def profile_page(profile: Profile) -> str:
    """Return the page of one profile."""
    return "\n".join(_page(profile)).rstrip() + "\n"


def _page(profile: Profile) -> Iterator[str]:
    dialect = profile.dialect
    yield _DO_NOT_EDIT.format(source=f"pytest_oauthcc/profiles/{profile.path.name}")
    yield from ("", f"# {profile.title}", "", profile.summary, "")
    yield from ("```python", f'@pytest.mark.oauthcc("{profile.name}")', "def test_client(oauthcc): ...", "```", "")
    for parent in profile.extends[:1]:
        yield from (f"Derived from [`{parent}`]({parent}.md), whose page tells more.", "")
    own = [
        (
            _code(name),
            option.takes,
            f"made up: `{option.made_up}...`" if option.made_up else _code(option.default),
            option.about,
        )
        for name, option in profile.own.items()
    ]
    yield from _titled("Options of its own", _table(("option", "type", "default", "what for"), own))
    yield from _titled("The token request", _table(("", ""), _request(profile)))
    response = [(_code(name), _code(value)) for name, value in dialect.response.items()]
    headers = [(f"header {_code(name)}", _code(value)) for name, value in dialect.response_headers.items()]
    yield from _titled("The answer", _table(("member", "value"), [*response, *headers]))
    yield from _titled("The token", list(_token(profile)))
    yield from _titled("Refusals of the token endpoint", _bullets(describe_refusals(dialect.refusals), "RFC 6749's."))
    yield from _titled("The API", list(_api(profile)))
    if dialect.licensing is not None:
        terms = dialect.licensing
        rows = [
            ("licences", str(terms.capacity)),
            ("taken for", f"{terms.hold} s, extended by the client's next token"),
            ("scopes that take none", " ".join(map(_code, terms.exempt_scopes))),
            ("freed by", f"a request to {_code(terms.release_path)} below the API"),
        ]
        yield from _titled("Licences", _table(("", ""), rows))
    left_open = [f"{_code(key)}: {told}" for key, told in sorted(profile.unknown.items())]
    yield from _titled("What its documents leave open", _bullets(left_open))
    yield from _titled("How sure this is", _table(("fact", ""), [(fact.text, fact.mark) for fact in profile.facts]))
    yield from _titled("Notes", _bullets(profile.notes))
    yield from _titled("Sources", _bullets(profile.sources))


def _request(profile: Profile) -> list[tuple[str, str]]:
    dialect, options = profile.dialect, profile.options
    scope = dialect.scope
    missing = {"default": "what the client may have, or `default_scopes`", "none": "none", "refuse": "refused"}
    rows = [
        ("URL", _code(options.get("token_url"))),
        ("method", _codes(options.get("methods", ("POST",)))),
        ("grant_type", _codes(dialect.grant_types)),
        ("body", _codes(options.get("body_formats", ("form",)))),
        ("client authentication", _codes(options.get("auth_methods", ()))),
        (
            "two sets of credentials",
            {"refuse": "refused"}.get(dialect.two_auth_methods, f"the {dialect.two_auth_methods} counts"),
        ),
        ("halves of Basic", {"form": "form-encoded", "raw": "as they are"}.get(dialect.basic_encoding, "either way")),
        ("headers", _table_in_cell(options.get("headers", {}))),
        ("parameters", _table_in_cell(options.get("params", {}))),
        ("audience", _audience(profile)),
        ("scopes of the client", _code(show_option("scopes", options["scopes"])) if "scopes" in options else ""),
        ("without scope", _default_scope(profile) or missing[scope.missing]),
        ("between scopes", {" ": "a blank", ",": "a comma"}.get(scope.separator, _code(scope.separator))),
        ("scope has to name", _codes(scope.required)),
        ("scope is", f"one resource with {_code(scope.resource_suffix)}" if scope.resource_suffix else ""),
        ("scopes that the client can't have", {"refuse": "refused", "ignore": "left out"}[scope.unknown]),
        ("scopes of every token", _codes(scope.always)),
        ("checks, in this order", ", ".join(dialect.checks)),
    ]
    return [(name, told) for name, told in rows if told]


def _default_scope(profile: Profile) -> str:
    default = profile.options.get("default_scopes")
    return _code(" ".join(default)) if default else ""


def _audience(profile: Profile) -> str:
    dialect = profile.dialect
    named = f"in {_code(dialect.audience_param)}" if dialect.audience_param else ""
    told = [named, "required" if dialect.audience_required else "", _code(profile.options.get("audience"))]
    return ", ".join(part for part in told if part)


def _token(profile: Profile) -> Iterator[str]:
    options, token = profile.options, profile.dialect.token
    lifetime = options.get("expires_in", 3600)
    if options.get("token_format", "jwt") == "opaque":
        yield from (f"Opaque, {_code(token.opaque)}, good for {lifetime} s.", "")
    else:
        alg = options.get("signing_alg")
        signed = f", signed with {alg}" if alg else ""
        yield from (f"A JWT{signed}, good for {lifetime} s.", "")
        header = [(f"header {_code(name)}", _code(value)) for name, value in token.jwt_header.items()]
        typ = [("header `typ`", _code(token.typ))] if token.typ else []
        claims = [(_code(name), _code(value)) for name, value in token.claims.items()]
        yield from _table(("claim", "value"), [*typ, *header, *claims])


def _api(profile: Profile) -> Iterator[str]:
    api = profile.dialect.api
    rows = [
        ("URL", _code(profile.options.get("api_url"))),
        ("token", f"in the header {_code(api.header)}" + (f" after {_code(api.scheme)}" if api.scheme else "")),
        ("headers", _table_in_cell({**profile.options.get("headers", {}), **api.headers})),
    ]
    yield from _table(("", ""), [(name, told) for name, told in rows if told])
    yield from ("", "Refusals:", "", *_bullets(describe_refusals(api.refusals), "RFC 6750's."))


# --- Markdown


def _titled(title: str, lines: Sequence[str]) -> Iterator[str]:
    if lines:
        yield from (f"## {title}", "", *lines, "")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    if not rows:
        return []
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in line)} |" for line in lines]


def _bullets(items: Iterable[str], otherwise: str = "") -> list[str]:
    return [f"- {item}" for item in items] or ([otherwise] if otherwise else [])


def _code(value: Any) -> str:
    return "" if value is None else f"`{show_value(value)}`"


def _codes(values: Iterable[str]) -> str:
    return ", ".join(map(_code, values))


def _table_in_cell(table: Mapping[str, Any]) -> str:
    return ", ".join(f"{_code(name)}: {_code(value)}" for name, value in table.items())


def main(arguments: Sequence[str]) -> int:
    """
    Write the pages, or check them.

    Args:
        arguments: ``--check``, and the directory of the documentation, by default ``docs``; ``--help`` tells.

    Returns:
        The exit status: 1 where a check found pages that are not current.
    """
    parser = argparse.ArgumentParser(prog="python -m pytest_oauthcc.profiles.pages", description="Write the pages.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit with 1 where a page is not current")
    parser.add_argument("directory", nargs="?", default="docs", type=Path, help="of the documentation; docs")
    given = parser.parse_args(arguments)
    directory = given.directory
    wanted = pages()
    old = {path for path in (directory / "profiles").glob("*.md") if f"profiles/{path.name}" not in wanted}
    stale = [name for name, text in wanted.items() if _read(directory / name) != text]
    if given.check:
        for name in [*stale, *(f"profiles/{path.name}" for path in sorted(old))]:
            sys.stdout.write(f"not current: {directory / name}\n")
        return 1 if stale or old else 0
    (directory / "profiles").mkdir(parents=True, exist_ok=True)
    for name in stale:
        (directory / name).write_text(wanted[name], encoding="utf-8")
    for path in old:
        path.unlink()
    return 0


def _read(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
