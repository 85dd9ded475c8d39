"""Getting a token: what the client sends to the token endpoint, and to the API."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from pytest_oauthcc.contract.binding import check
from pytest_oauthcc.core.journal import OtherRequest
from pytest_oauthcc.core.parameters import FORM, media_type

if TYPE_CHECKING:
    from pytest_oauthcc.contract.case import Case
    from pytest_oauthcc.core.journal import TokenRequest

__all__ = ["Getting"]

_OTHER_GRANTS = frozenset(
    {"assertion", "code", "code_verifier", "device_code", "password", "redirect_uri", "refresh_token", "response_type",
     "state", "username"}
)  # fmt: skip
_JSON_RANGES = frozenset({"application/json", "application/*", "*/*"})


class Getting:
    """The first token."""

    scope: ClassVar[str | None]

    @check("gets-a-token")
    def test_gets_a_token_and_calls_the_api(self, client: Case) -> None:
        """It gets a token and calls the API with it."""
        call = client.call()
        client.need_it_made(call)
        provider = client.provider
        refused = next((entry for entry in provider.token_requests if entry.verdict is not None), None)
        if refused is not None and refused.verdict is not None and not call.worked:
            client.broken(f"the token endpoint refused the client: {refused.verdict.detail}")
        if not provider.exchanges:
            client.broken(f"no request reached the provider: {client.outcome_of(call)}")
        if not provider.api_requests:
            client.broken(f"the client never called the API: {client.outcome_of(call)}")
        if not call.worked:
            client.broken(f"the first call failed: {client.outcome_of(call)}")
        if not provider.token_requests:
            client.broken("the API was called without any token request before it")

    @check("uses-post")
    def test_asks_with_post(self, client: Case) -> None:
        """The token request is a POST."""
        request = client.token_request()
        methods = client.settings.methods
        if request.method not in methods:
            client.broken(f"the token request is a {request.method}, expected {' or '.join(methods)}")

    @check("sends-a-form")
    def test_asks_with_a_form(self, client: Case) -> None:
        """The parameters are sent as a form, and the media type says so."""
        formats = client.settings.body_formats
        if formats != ("form",):
            client.undecided(f"the provider takes {' or '.join(formats)}, not only forms")
        request = client.token_request()
        kind = media_type(request.request)
        if kind != FORM:
            client.broken(f"the token request says Content-Type: {kind or 'nothing'}, expected {FORM}")
        if b"grant_type=" not in request.body:
            client.broken("the parameters are not in the body of the token request")

    @check("sends-the-grant-type")
    def test_sends_the_grant_type(self, client: Case) -> None:
        """grant_type is client_credentials."""
        request = client.token_request()
        if request.grant_type not in client.dialect.grant_types:
            client.broken(f"grant_type was {request.grant_type!r}, expected {client.dialect.grant_types[0]!r}")

    @check("authenticates-one-way")
    def test_authenticates_one_way_only(self, client: Case) -> None:
        """The credentials come in one place."""
        presented = client.token_request().presented
        if presented.other:
            ways = " and ".join((presented.method, *presented.other))
            client.broken(f"the token request authenticates by {ways} at once, expected one of them")

    @check("keeps-the-secret-out-of-the-url")
    def test_keeps_its_secret_out_of_the_url(self, client: Case) -> None:
        """No credentials in the query of the token URL."""
        if client.dialect.credentials_in_query == "accept":
            client.undecided("the provider takes credentials in the query")
        client.token_request()
        for entry in client.provider.exchanges:
            if "client_secret=" in entry.url or client.provider.client_secret in entry.url:
                client.broken(f"the client secret is in the URL of {client.name_of(entry)}")

    @check("sends-no-parameter-twice")
    def test_sends_no_parameter_twice(self, client: Case) -> None:
        """Each parameter comes once."""
        twice = [name for name in client.token_request().parameters.duplicates if name != "resource"]
        if twice:
            client.broken(f"the token request has the parameter {' and '.join(twice)} more than once")

    @check("sends-no-empty-parameters")
    def test_sends_no_empty_parameters(self, client: Case) -> None:
        """What is not set is not sent."""
        values = client.token_request().parameters.values
        empty = [name for name, value in values.items() if value in {"", "None", "null"}] if values else []
        if empty:
            client.broken(f"the token request has {' and '.join(empty)} without a value")

    @check("sends-no-parameters-of-other-grants")
    def test_sends_no_parameters_of_other_grants(self, client: Case) -> None:
        """Nothing of the authorization code or password grant."""
        values = client.token_request().parameters.values
        foreign = sorted(_OTHER_GRANTS & set(values) - set(client.settings.params))
        if foreign:
            client.broken(f"the token request has {' and '.join(foreign)}, which belongs to another grant")

    @check("accepts-json")
    def test_accepts_json(self, client: Case) -> None:
        """The Accept header does not rule JSON out."""
        ranges = _media_ranges(client.token_request())
        if ranges and not ranges & _JSON_RANGES:
            client.broken(f"the token request says Accept: {', '.join(sorted(ranges))}, which rules JSON out")

    @check("asks-for-json")
    def test_asks_for_json(self, client: Case) -> None:
        """The Accept header names JSON."""
        ranges = _media_ranges(client.token_request())
        if "application/json" not in ranges:
            said = ", ".join(sorted(ranges)) or "nothing"
            client.broken(f"the token request says Accept: {said}, expected application/json among it")

    @check("sends-its-scope")
    def test_asks_for_its_scope(self, client: Case) -> None:
        """The configured scope is asked for, each time."""
        if self.scope is None:
            client.undecided("the class does not say what the client has to ask for: scope = 'orders:read'")
        wanted = frozenset(self.scope.split())
        for entry in client.first_and_renewed():
            if entry.scopes != wanted:
                client.broken(f"scope was {entry.scope!r} in {client.name_of(entry)}, expected {self.scope!r}")

    @check("separates-scopes-by-spaces")
    def test_separates_scopes_by_spaces(self, client: Case) -> None:
        """Two scopes go into one parameter with the provider's separator between them."""
        known = client.provider.scopes or ("contract:one", "contract:two")
        if len(known) < 2:  # noqa: PLR2004
            client.undecided("the client may have one scope only")
        two = list(known[:2])
        sent = self._made_with_scope(client, " ".join(two))
        between = client.dialect.scope.separator
        if sent not in {between.join(two), between.join(reversed(two))}:
            client.broken(f"scope was {sent!r} on the wire, expected {between.join(two)!r}")

    @check("encodes-the-scope")
    def test_encodes_reserved_characters_of_the_scope(self, client: Case) -> None:
        """A scope with reserved characters arrives as it is."""
        if client.provider.scopes:
            client.undecided("the client may have certain scopes only")
        scope = "https://api.example/orders?a=1&b=2+3%20"
        sent = self._made_with_scope(client, scope)
        if sent != scope:
            client.broken(f"scope arrived as {sent!r}, expected {scope!r}")

    def _made_with_scope(self, client: Case, scope: str) -> str | None:
        call = client.call(client.make(scope=scope))
        client.need_token_request(call)
        sent = client.provider.token_requests[-1].scope
        if sent is None or sent == self.scope:
            client.undecided("make_client does not ask for the scope that it is given; see sends-its-scope")
        return sent

    @check("keeps-the-query-of-the-token-url")
    def test_keeps_the_query_of_the_token_url(self, client: Case) -> None:
        """A query in the configured token URL arrives."""
        url = client.provider.token_url
        if "?" in url:
            client.undecided("the provider's token URL has a query already: any check would tell")
        client.provider.reconfigure(token_url=f"{url}?tenant=t-1")
        request = client.token_request()
        if not client.is_in_process:
            client.undecided("the client's requests go over sockets, to a URL that was given before the check began")
        if "tenant=t-1" not in request.url:
            if any(isinstance(entry, OtherRequest) for entry in client.provider.authority.state.journal.all):
                client.undecided("the client takes the token URL from the provider's metadata")
            client.broken(f"the token request went to {request.url!r}, expected the query ?tenant=t-1")

    @check("sends-the-headers-that-the-provider-wants")
    def test_sends_the_headers_that_the_provider_wants(self, client: Case) -> None:
        """The provider's extra headers come with every request."""
        at_api = client.dialect.api.headers
        if not client.settings.headers and not at_api:
            client.undecided("the provider wants no extra headers")
        call = client.call()
        for entry in client.provider.exchanges:
            if entry.verdict is not None and "header" in entry.verdict.facts:
                client.broken(f"{client.name_of(entry)} was refused: {entry.verdict.detail}")
        client.need_api_request(call)

    @check("sends-the-parameters-that-the-provider-wants")
    def test_sends_the_parameters_that_the_provider_wants(self, client: Case) -> None:
        """The provider's extra parameters come with every token request."""
        wanted = client.settings.params
        if not wanted:
            client.undecided("the provider wants no extra parameters")
        for entry in client.first_and_renewed():
            missing = [name for name in wanted if not entry.parameters.get_all(name)]
            if missing:
                client.broken(f"{client.name_of(entry)} lacks the parameter {' and '.join(missing)}")

    @check("sends-the-token-as-the-api-wants-it")
    def test_sends_the_token_as_the_api_wants_it(self, client: Case) -> None:
        """The API finds one well-formed token in the right header."""
        call = client.call()
        client.need_api_request(call)
        api = client.dialect.api
        # Some ask the API first, without a token, to learn from its challenge that they need one.
        judged = client.api_requests_after_asking() if client.provider.token_requests else client.provider.api_requests
        if not judged:
            client.undecided("the client called the API before it asked for a token, and never since; see gets-a-token")
        for entry in judged:
            value = entry.headers.get(api.header)
            if value is None:
                client.broken(f"{client.name_of(entry)} has no {api.header} header")
            word = "DPoP" if entry.token is not None and entry.token.jkt is not None else api.scheme
            scheme = f"{re.escape(word)} " if word else ""
            if not re.fullmatch(rf"(?i:{scheme})[A-Za-z0-9\-._~+/]+=*", value):
                why = entry.verdict.detail if entry.verdict is not None else "it is malformed"
                client.broken(f"the API can't read the {api.header} header: {why}")


def _media_ranges(request: TokenRequest) -> set[str]:
    said = request.headers.get("accept", "")
    return {part.partition(";")[0].strip().lower() for part in said.split(",") if part.strip()}
