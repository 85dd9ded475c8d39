"""The page about what a profile may say, written from the schema."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pytest_oauthcc.options import OPTIONS
from pytest_oauthcc.profiles.placeholders import PLACEHOLDERS, TEMPLATED_OPTIONS
from pytest_oauthcc.profiles.schema import SCHEMA
from pytest_oauthcc.profiles.schema_nodes import Leaf, ListOf, Node, Table, TableOf, Template

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

__all__ = ["schema_page"]

_INTRODUCTION: Final = """# Writing a profile

A profile tells how one provider departs from the RFCs. It is a TOML file and can't run code. Name it by its path:

```python
@pytest.mark.oauthcc("acme.toml")
def test_orders(oauthcc): ...
```

A relative path begins at the folder of the test's file, else at the current directory. A small one:

```toml
extends = "okta"                       # start from another profile, by name or by path
title = "ACME"
summary = "Okta with an API key and the tenant in the path."
token_url = "https://{domain}/{tenant}/v1/token"
api_url = "https://api.acme.example/"
headers = { x-acme-key = "{api_key}" }

[options.tenant]                       # an option of your own: @pytest.mark.oauthcc("acme.toml", tenant="blue")
takes = "text"
about = "The tenant."
default = "red"

[options.api_key]
takes = "text"
about = "The key that every request carries."
made_up = "key-"                       # made afresh for each test; oauthcc.options["api_key"] is the one to use

[refusals.any_client]                  # every way in which a client can fail to prove who it is
status = 401
body = { fault = { code = "{error}", text = "{description}" } }

[unknown]
"refusals.any_scope" = "ACME's documents don't say; it is RFC 6749's."
```

Everything that is wrong in a file is told at once, with the line, what was found, and what is allowed.

**Deriving.** With `extends` a file is laid over another one: tables are merged, everything else is replaced. A member
that the other one has is taken out with `"{omit}"`.

**What is not known.** Any key may be `"unknown"`: the fake then does what the RFC says. The table `[unknown]` says so
in a sentence, by key or for any other subject, and the profile's page shows it. `facts` tell how sure the rest is.

**Templates.** In texts, `{name}` stands for something that the fake knows or for an option of the profile. A text that
is nothing but a placeholder keeps the value's type: `expires_in = "{expires_in}"` is a number, `"{expires_in!s}"` a
text. A member whose value is not there is left out; `"{null}"` is a JSON null.

**Refusals.** `[refusals]` has one table for each cause, and `any`, `any_client`... for several: the narrower one goes
before the wider one, field by field, also inside `body` and `headers`. What none of them says is the RFC's. `error` and
`description` are used where there is no `body`, and can be used in one.
"""


def schema_page(head: str) -> str:
    """Return the page; ``head`` is its first line."""
    return "\n".join([head, "", _INTRODUCTION, *_keys()]) + "\n"


def _keys() -> Iterator[str]:
    yield from ("## The file", "")
    top = {name: node for name, node in SCHEMA.members.items() if not _is_table(node)}
    yield from _table({name: node for name, node in top.items() if name not in OPTIONS})
    yield from ("", "The options that a test can give as well:", "")
    yield from _table({name: node for name, node in top.items() if name in OPTIONS})
    allowed = ", ".join(f"`{name}`" for name in sorted(TEMPLATED_OPTIONS))
    yield from ("", f"Of these {allowed} may hold placeholders for the profile's own options.", "")
    for name, node in SCHEMA.members.items():
        if _is_table(node):
            yield from _section(name, node)
    yield from ("## Placeholders", "", "| placeholder | stands for | known in |", "| --- | --- | --- |")
    for name, placeholder in PLACEHOLDERS.items():
        yield f"| `{{{name}}}` | {placeholder.about} | {', '.join(placeholder.uses)} |"
    yield ""
    yield "`response` is the answer with a token, `token` a token's claims, header and opaque form, `refusal` a refusal"
    yield "of either side, `api` a header that the API wants, `document` a document, or the URL of one."


def _is_table(node: Node) -> bool:
    return isinstance(node, Table | TableOf | ListOf) or (isinstance(node, Template) and node.form == "table")


def _section(name: str, node: Node) -> Iterator[str]:
    item = node.value if isinstance(node, TableOf) else node.item if isinstance(node, ListOf) else node
    title = f"[{name}.NAME]" if isinstance(node, TableOf) and isinstance(item, Table) else f"[{name}]"
    yield from (f"## `{title}`", "", node.about, "")
    if isinstance(node, TableOf):
        yield from (f"Each key is {node.key_takes}.", "")
    if isinstance(node, ListOf):
        yield from (f"A list of tables: `{name} = [{{ ... }}, ...]`.", "")
    if not isinstance(item, Table):
        return
    if name.endswith("refusals"):
        yield from _refusals(item)
        return
    yield from _table({key: member for key, member in item.members.items() if not _is_table(member)})
    yield ""
    for key, member in item.members.items():
        if _is_table(member):
            yield from _section(f"{name}.{key}", member)


def _refusals(node: Table) -> Iterator[str]:
    causes = [name for name, member in node.members.items() if not member.about]
    yield from (f"Causes: {', '.join(f'`{name}`' for name in causes)}.", "", "Groups:", "")
    for name, member in node.members.items():
        if member.about:
            yield f"- `{name}`: {member.about}"
    one = node.members["any"]
    assert isinstance(one, Table)  # noqa: S101 - every member is
    yield from ("", "Each of them is a table:", "")
    yield from _table(one.members)
    yield ""


def _table(members: Mapping[str, Node]) -> Iterator[str]:
    yield from ("| key | takes | what for |", "| --- | --- | --- |")
    for name, node in members.items():
        takes = node.takes if isinstance(node, Leaf) else _form(node)
        yield f"| `{name}` | {takes.replace('|', chr(92) + '|')} | {node.about} |"


def _form(node: Node) -> str:
    if isinstance(node, Template):
        return {"table": "a table of templates", "text": "a template", "list": "a list of templates"}.get(
            node.form, "a template: a text, a list or a table"
        )
    return "a table"
