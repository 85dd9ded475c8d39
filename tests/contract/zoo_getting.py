"""Mutants: what is wrong with the first token request, and with how its answer is read."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

import base64
import json as json_module
from typing import Any
from urllib.parse import quote_plus, urlencode

from zoo_bugs import bug
from zoo_client import ClientError, Right, Send


@bug("Wrong secret", "gets-a-token")
class WrongSecret(Right):
    def basic(self) -> str:
        return base64.b64encode(f"{self.client_id}:changeit".encode()).decode()


@bug("GET instead of POST", "uses-post")
class AsksWithGet(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.method = "GET"
        return request


@bug("JSON body instead of a form", "sends-a-form")
class SendsJson(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.headers["Content-Type"] = "application/json"
        return request

    def encode(self, params: list[tuple[str, str]]) -> bytes:
        return json_module.dumps(dict(params)).encode()


@bug("Wrong Content-Type", "sends-a-form")
class SaysPlainText(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.headers["Content-Type"] = "text/plain"
        return request


@bug("Parameters in the query instead of the body", "sends-a-form")
class SendsQuery(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.url += "?" + (request.body or b"").decode()
        request.body = b""
        return request


@bug("Misspelt grant_type", "sends-the-grant-type")
class MisspeltGrant(Right):
    def params(self) -> list[tuple[str, str]]:
        return [("grant_type", "client_credential"), *super().params()[1:]]


@bug("Basic and body credentials together", "authenticates-one-way")
class AuthenticatesTwice(Right):
    def params(self) -> list[tuple[str, str]]:
        return [*super().params(), ("client_id", self.client_id), ("client_secret", self.client_secret)]


@bug("Secret in the query string", "keeps-the-secret-out-of-the-url")
class SecretInQuery(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.url += "?" + urlencode({"client_id": self.client_id, "client_secret": self.client_secret})
        return request


@bug("A parameter sent twice", "sends-no-parameter-twice")
class SaysItTwice(Right):
    def params(self) -> list[tuple[str, str]]:
        return [*super().params(), ("grant_type", "client_credentials")]


@bug("Empty scope sent", "sends-no-empty-parameters")
class EmptyParameter(Right):
    def params(self) -> list[tuple[str, str]]:
        return [*super().params(), ("audience", "")]


@bug("Junk parameters of other grants", "sends-no-parameters-of-other-grants")
class JunkParameters(Right):
    def params(self) -> list[tuple[str, str]]:
        return [*super().params(), ("redirect_uri", "https://app.example/callback")]


@bug("Accept rules JSON out", "accepts-json")
class WantsHtml(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.headers["Accept"] = "text/html"
        return request


@bug("No Accept: application/json", "asks-for-json", advice=True)
class AcceptsAnything(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.headers["Accept"] = "*/*"
        return request


@bug("Configured scope silently dropped", "sends-its-scope")
class DropsScope(Right):
    def params(self) -> list[tuple[str, str]]:
        return super().params()[:1]


@bug("Scope under the wrong key", "sends-its-scope")
class WrongScopeKey(Right):
    def params(self) -> list[tuple[str, str]]:
        return [("scopes" if name == "scope" else name, value) for name, value in super().params()]


@bug("Scopes joined by a comma", "separates-scopes-by-spaces")
class CommaScopes(Right):
    def params(self) -> list[tuple[str, str]]:
        return [(name, value.replace(" ", ",")) for name, value in super().params()]


@bug("Scope parameter repeated", "separates-scopes-by-spaces")
class RepeatsScope(Right):
    def params(self) -> list[tuple[str, str]]:
        return [*super().params()[:1], *(("scope", scope) for scope in (self.scope or "").split())]


@bug("Form values not URL-encoded", "encodes-the-scope")
class UnencodedForm(Right):
    def encode(self, params: list[tuple[str, str]]) -> bytes:
        return "&".join(f"{name}={value}" for name, value in params).encode()


@bug("Basic not form-encoded first", "encodes-a-secret-with-reserved-characters", "keeps-a-colon-in-its-id")
class UnencodedBasic(Right):
    def basic(self) -> str:
        return base64.b64encode(f"{self.client_id}:{self.client_secret}".encode()).decode()


@bug("Only the secret is encoded", "encodes-an-id-with-reserved-characters")
class UnencodedId(Right):
    def basic(self) -> str:
        return base64.b64encode(f"{self.client_id}:{quote_plus(self.client_secret)}".encode()).decode()


@bug("Over-encoding for a server that does not decode", "encodes-a-secret-with-reserved-characters", profile="raw")
class OverEncodes(Right):
    pass


@bug("Secret in the body not URL-encoded", "encodes-a-secret-with-reserved-characters")
class UnencodedBody(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        del request.headers["Authorization"]
        form = f"&client_id={self.client_id}&client_secret={self.client_secret}"
        request.body = (request.body or b"") + form.encode()
        return request


@bug("Non-ASCII secret sent as latin-1", "sends-a-non-ascii-secret-as-utf-8", advice=True)
class Latin1(Right):
    def basic(self) -> str:
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret, encoding='latin-1', errors='replace')}"
        return base64.b64encode(pair.encode("latin-1")).decode()


@bug("Non-ASCII secret raises UnicodeEncodeError", "sends-a-non-ascii-secret-as-utf-8", advice=True)
class AsciiOnly(Right):
    def basic(self) -> str:
        self.client_secret.encode("ascii")
        return super().basic()


@bug("'id:secret' split at the wrong colon", "keeps-a-colon-in-its-id")
class SplitsAtTheFirstColon(Right):
    def basic(self) -> str:
        client_id, _, secret = f"{self.client_id}:{self.client_secret}".partition(":")
        return base64.b64encode(f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()).decode()


@bug("base64 with line breaks", "sends-a-long-secret")
class BreaksLines(Right):
    def basic(self) -> str:
        pair = f"{quote_plus(self.client_id)}:{quote_plus(self.client_secret)}"
        return base64.encodebytes(pair.encode()).decode().strip()


@bug("Line break of the secret's file in the header", "survives-white-space-around-the-secret")
class RawLineBreak(Right):
    def basic(self) -> str:
        return super().basic() + ("\n" if self.client_secret.endswith("\n") else "")


@bug("Query of the token URL lost", "keeps-the-query-of-the-token-url")
class DropsQuery(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.url = request.url.partition("?")[0]
        return request


@bug(
    "Required header absent on the API call",
    "sends-the-headers-that-the-provider-wants",
    headers={"x-api-key": "k-123456"},
)
class HeaderOnlyOnTokenRequest(Right):
    def api_request(self, *arguments: Any) -> Send:
        request = super().api_request(*arguments)
        request.headers.pop("x-api-key", None)
        return request


@bug(
    "Required header absent on the token call",
    "sends-the-headers-that-the-provider-wants",
    headers={"x-api-key": "k-123456"},
)
class HeaderOnlyOnApiCall(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.headers.pop("x-api-key", None)
        return request


@bug("Required parameter absent", "sends-the-parameters-that-the-provider-wants", params={"tenant": "t1"})
class ForgetsParameter(Right):
    pass


@bug("Bearer missing", "sends-the-token-as-the-api-wants-it")
class NoBearer(Right):
    def authorization(self, token: str) -> str:
        return token


@bug("Bearer doubled", "sends-the-token-as-the-api-wants-it")
class DoubleBearer(Right):
    def authorization(self, token: str) -> str:
        return f"Bearer Bearer {token}"


@bug("token_type compared with case", "takes-token-type-in-any-case")
class CaseSensitive(Right):
    def check_type(self, members: dict[str, Any]) -> None:
        if members.get("token_type", "Bearer") != "Bearer":
            raise ClientError("not a bearer token")


@bug("token_type known in two spellings only", "takes-token-type-in-any-case")
class TwoSpellings(Right):
    def check_type(self, members: dict[str, Any]) -> None:
        super().check_type(members)
        if members.get("token_type", "Bearer") not in {"Bearer", "bearer"}:
            raise ClientError("unknown type")


@bug("token_type required", "works-without-token-type", advice=True)
class NeedsType(Right):
    def check_type(self, members: dict[str, Any]) -> None:
        members["token_type"]
        super().check_type(members)


@bug("token_type ignored", "leaves-tokens-of-unknown-types-alone", advice=True)
class AnyType(Right):
    def check_type(self, members: dict[str, Any]) -> None:
        pass


@bug("Crash when the response has no scope", "works-without-scope-in-the-answer")
class NeedsScope(Right):
    def store(self, members: dict[str, Any]) -> None:
        members["scope"].split()
        super().store(members)


@bug("Narrowed scope raises", "takes-a-narrower-scope")
class InsistsOnScope(Right):
    def store(self, members: dict[str, Any]) -> None:
        if members.get("scope", self.scope) != self.scope:
            raise ClientError("scope has changed")
        super().store(members)


@bug("Unknown members raise", "ignores-unknown-members")
class StrictMembers(Right):
    def store(self, members: dict[str, Any]) -> None:
        def known(
            access_token: str, token_type: str = "", expires_in: float = 0, scope: str = "", refresh_token: str = ""
        ) -> None:
            pass

        known(**members)
        super().store(members)


@bug("Long tokens cut off", "carries-a-long-token")
class CutsTokens(Right):
    def store(self, members: dict[str, Any]) -> None:
        super().store({**members, "access_token": members["access_token"][:4096]})


@bug("Scope forgotten when renewing", "sends-its-scope")
class ForgetsScopeOnRenewal(Right):
    def params(self) -> list[tuple[str, str]]:
        return super().params() if self.token is None else super().params()[:1]


@bug("Scopes sent as Python writes a list", "sends-its-scope", "separates-scopes-by-spaces")
class ScopesAsAList(Right):
    def params(self) -> list[tuple[str, str]]:
        return [(name, str(value.split()) if name == "scope" else value) for name, value in super().params()]


@bug("Basic form-encoded twice", "encodes-a-secret-with-reserved-characters", "encodes-an-id-with-reserved-characters")
class EncodesTwice(Right):
    def basic(self) -> str:
        pair = f"{quote_plus(quote_plus(self.client_id))}:{quote_plus(quote_plus(self.client_secret))}"
        return base64.b64encode(pair.encode()).decode()
