"""Mutants: secrets and tokens where they must not be."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

import logging
import warnings
from typing import TYPE_CHECKING, Any, ClassVar
from urllib.parse import quote, urlencode, urlsplit

from zoo_bugs import bug
from zoo_client import Answer, ClientError, Flow, Right, Send
from zoo_other_ways import ByAssertion

if TYPE_CHECKING:
    import ssl


@bug("No timeout on the token POST", "sets-a-timeout")
class NoTimeout(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.timeout = None
        return request


@bug("verify=False", "checks-certificates")
class Unverified(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.verify = False
        return request


class Served(Right):
    """Talks to a server on this machine, with TLS."""

    is_served: ClassVar[bool] = True
    options: ClassVar[dict[str, Any]] = {"tls": True}


@bug("verify=False for the token request, on real TLS", "refuses-bad-certificates", tls=True)
class UnverifiedToken(Served):
    def token_request(self) -> Send:
        request = super().token_request()
        request.verify = False
        return request


@bug("verify=False for the API request, on real TLS", "refuses-bad-certificates", tls=True)
class UnverifiedApi(Served):
    def api_request(self, *arguments: Any) -> Send:
        request = super().api_request(*arguments)
        request.verify = False
        return request


@bug("check_hostname switched off", "refuses-bad-certificates", tls=True)
class AnyHost(Served):
    only: ClassVar[str] = "httpx"

    def tls_context(self) -> ssl.SSLContext:
        context = super().tls_context()
        context.check_hostname = False
        return context


@bug("Expired certificates taken", "refuses-bad-certificates", tls=True)
class ExpiredIsFine(Served):
    only: ClassVar[str] = "httpx"

    def tls_context(self) -> ssl.SSLContext:
        context = super().tls_context()
        context.verify_flags |= 0x200000  # OpenSSL's X509_V_FLAG_NO_CHECK_TIME
        return context


@bug("Secret logged", "keeps-secrets-out-of-logs")
class LogsSecret(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        logging.getLogger("zoo").debug("token request with %s", request.headers)
        return request


@bug("Secret in a logged traceback", "keeps-secrets-out-of-logs")
class LogsTraceback(Right):
    def read_token(self, answer: Answer) -> dict[str, Any]:
        try:
            return super().read_token(answer)
        except ClientError:
            logging.getLogger("zoo").debug("no token", exc_info=ValueError(self.client_secret))
            raise


@bug("Token printed", "keeps-secrets-out-of-logs")
class PrintsToken(Right):
    def store(self, members: dict[str, Any]) -> None:
        print(members)  # noqa: T201 - which is the bug
        super().store(members)


@bug("Token logged by a logger with handlers of its own", "keeps-secrets-out-of-logs")
class LogsApart(Right):
    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        logging.getLogger("zoo.apart").info("the token is %s", self.token)

    def __post_init__(self) -> None:
        logging.getLogger("zoo.apart").propagate = False


@bug("Token in a field of a structured log", "keeps-secrets-out-of-logs")
class LogsFields(Right):
    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        logging.getLogger("zoo").info("a new token", extra={"answer": members})


@bug("Token in a warning", "keeps-secrets-out-of-logs")
class WarnsWithToken(Right):
    def store(self, members: dict[str, Any]) -> None:
        super().store(members)
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            warnings.warn(f"{self.token} lives for {members.get('expires_in')} s", stacklevel=2)


@bug("Assertion logged", "keeps-secrets-out-of-logs", **ByAssertion.options)
class LogsAssertion(ByAssertion):
    def token_request(self) -> Send:
        request = super().token_request()
        logging.getLogger("zoo").debug("token request with %r", request.body)
        return request


@bug("Secret in an exception", "keeps-secrets-out-of-exceptions")
class TellsSecret(Right):
    def read_token(self, answer: Answer) -> dict[str, Any]:
        try:
            return super().read_token(answer)
        except ClientError as error:
            raise ClientError(f"{error} for {self.client_id}/{self.client_secret}") from error


@bug("Secret in the repr", "hides-secrets-in-its-repr")
class ShowsSecret(Right):
    def __repr__(self) -> str:
        return f"ShowsSecret({self.client_id}, {self.client_secret})"


@bug("Token in the URL", "keeps-tokens-out-of-urls-and-cookies")
class TokenInUrl(Right):
    def api_request(self, method: str, path: str, token: str, content: bytes | None) -> Send:
        return super().api_request(method, f"{path}?token={quote(token)}", token, content)


@bug("Token in a cookie", "keeps-tokens-out-of-urls-and-cookies")
class TokenInCookie(Right):
    def api_request(self, method: str, path: str, token: str, content: bytes | None) -> Send:
        request = super().api_request(method, path, token, content)
        request.headers["Cookie"] = f"session={token}"
        return request


@bug("Secret sent to the API", "sends-the-secret-to-the-token-endpoint-only")
class SecretToApi(Right):
    def api_request(self, *arguments: Any) -> Send:
        request = super().api_request(*arguments)
        request.headers["X-Client-Secret"] = self.client_secret
        return request


@bug("Old token sent to the token endpoint", "sends-the-secret-to-the-token-endpoint-only")
class TokenToTokenEndpoint(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        if self.token is not None:
            request.headers["X-Previous-Token"] = self.token
        return request


@bug("Bearer leaks on a cross-host redirect of the API", "keeps-the-token-from-other-hosts")
class FollowsWithToken(Right):
    def call(self, method: str = "GET", path: str = "orders", body: Any = None) -> Flow:
        token = yield from self.good_token()
        answer = yield self.api_request(method, path, token, None)
        if answer.status in {301, 302, 307, 308}:
            answer = yield Send("GET", answer.headers["location"], {"Authorization": f"Bearer {token}"})
        return self.read_api(answer)


@bug("Token follows a redirect to http://", "keeps-the-token-from-plain-http")
class FollowsToPlainHttp(Right):
    def call(self, method: str = "GET", path: str = "orders", body: Any = None) -> Flow:
        token = yield from self.good_token()
        answer = yield self.api_request(method, path, token, None)
        if answer.status == 307 and urlsplit(answer.headers["location"]).hostname == urlsplit(self.api_url).hostname:
            answer = yield Send("GET", answer.headers["location"], {"Authorization": f"Bearer {token}"})
        return self.read_api(answer)


@bug("Token POST redirected, secret in the body", "keeps-the-secret-from-other-hosts")
class FollowsWithSecret(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        del request.headers["Authorization"]
        form = urlencode({"client_id": self.client_id, "client_secret": self.client_secret})
        request.body = (request.body or b"") + b"&" + form.encode()
        request.follow_redirects = True
        return request


@bug("http:// token URL trusted", "refuses-a-plain-http-token-url")
class TrustsPlainHttp(Right):
    def check_url(self) -> None:
        pass


@bug("~/.netrc replaces Basic", "is-not-misled-by-netrc")
class TrustsNetrc(Right):
    def token_request(self) -> Send:
        request = super().token_request()
        request.trust_env = True
        return request
