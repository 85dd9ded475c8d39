"""What the RFCs ask of a client that uses this grant, and which rule looks at it, or why none does."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["DUTIES", "Duty"]


class Duty(NamedTuple):
    """
    One thing that an RFC asks of a client.

    Args:
        rfc: Where.
        asks: What.
        rules: Ids of the rules that look at it; empty where none does.
        otherwise: Why no rule looks at it, or looks at a part only, and what does instead.
    """

    rfc: str
    asks: str
    rules: tuple[str, ...] = ()
    otherwise: str = ""


_FAULT = "The server has to misbehave first: script the fake so, or see ClientContract."
_INSIDE = "Not visible in requests."
_CHOICE = "What is right depends on the application: assert it in the test."

DUTIES = (
    Duty(
        "RFC 6749 section 2.3", "One way of authentication for each request", ("two-auth-methods", "client-id-mismatch")
    ),
    Duty(
        "RFC 6749 section 2.3.1",
        "Id and secret are form-encoded before they go into the Basic header",
        ("basic-not-form-encoded", "basic-malformed"),
        "Plain characters look alike encoded or not; ClientContract tries awkward ones.",
    ),
    Duty(
        "RFC 6749 section 2.3.1", "Credentials in the body only where Basic is impossible", ("body-credentials-used",)
    ),
    Duty("RFC 6749 section 2.3.1", "No credentials in the URL", ("secret-in-query", "client-id-in-query")),
    Duty("RFC 6749 section 2.3.1", "client_id goes with client_secret", ("client-id-missing",)),
    Duty("RFC 6749 section 2.3.1", "The secret is for the authorization server alone", ("secret-at-api",)),
    Duty("RFC 6749 section 3.2", "TLS at the token endpoint", ("token-endpoint-not-tls",)),
    Duty("RFC 6749 section 3.2", "The query of the token URL is kept", ("token-url-query-dropped",)),
    Duty("RFC 6749 section 3.2", "Token requests are POST", ("token-request-not-post",)),
    Duty("RFC 6749 section 3.2", "No parameter comes twice", ("duplicate-parameter",)),
    Duty("RFC 6749 section 3.2", "A parameter without a value is left out", ("empty-parameter", "placeholder-value")),
    Duty(
        "RFC 6749 section 3.2.1",
        "The client authenticates with every token request",
        ("no-client-authentication", "credentials-placeholder", "bearer-at-token-endpoint"),
    ),
    Duty(
        "RFC 6749 section 3.3",
        "scope is a list of words with single blanks between them",
        ("scope-not-space-separated", "scope-malformed"),
    ),
    Duty("RFC 6749 section 3.3", "The order of scopes means nothing", (), "Assertions compare scopes as sets."),
    Duty(
        "RFC 6749 section 4.4.2",
        "Parameters are a form in the body",
        ("wrong-content-type", "parameters-in-query", "form-not-encoded", "misspelt-header"),
    ),
    Duty(
        "RFC 6749 section 4.4.2",
        "grant_type is client_credentials",
        ("grant-type-missing", "grant-type-wrong", "other-grant"),
    ),
    Duty("RFC 6749 section 4.4.2", "First request and renewal ask for the same", ("parameter-dropped",)),
    Duty("RFC 6749 section 4.4.3", "No refresh token is used", ("refresh-grant-used",)),
    Duty(
        "RFC 6749 section 5.1",
        "A token is used for its lifetime, and no longer",
        ("expired-token-sent", "token-refetched-while-valid"),
    ),
    Duty("RFC 6749 section 5.1", "The answer is JSON", ("accept-excludes-json",)),
    Duty("RFC 6749 section 5.1", "token_type is read without regard to case", (), _FAULT),
    Duty("RFC 6749 section 5.1", "Unknown members of the answer are ignored", (), _FAULT),
    Duty("RFC 6749 section 5.1", "Nothing is assumed about the size of a token", (), _FAULT),
    Duty(
        "RFC 6749 section 5.2",
        "A refusal is final",
        ("rejected-credentials-retried", "rejected-request-retried"),
    ),
    Duty("RFC 6749 section 7.1", "A token of an unknown type is not used", ("unknown-token-type-used",)),
    Duty("RFC 6749 section 10.3", "The least scope is asked for", (), _CHOICE),
    Duty("RFC 6749 section 10.3", "Tokens are kept confidential", ("token-sent-to-another-host",), _INSIDE),
    Duty("RFC 6749 section 10.8", "No token and no secret in clear", ("token-endpoint-not-tls", "api-not-tls")),
    Duty("RFC 6749 section 10.8", "scope holds nothing private", ("scope-sensitive",)),
    Duty(
        "RFC 6749 section 10.9",
        "The server's certificate is checked",
        ("certificate-not-verified",),
        "Only whether the HTTP library was told not to check.",
    ),
    Duty("RFC 6749 section 10.14", "Texts in answers are not trusted", (), _FAULT),
    Duty(
        "RFC 6749 appendix A",
        "Ids and secrets are printable",
        ("control-character-in-credentials",),
        "Letters beyond ASCII pass: providers give them out.",
    ),
    Duty("RFC 6749 appendix B", "Forms are UTF-8, then escaped", ("form-not-encoded", "body-not-utf8")),
    Duty("RFC 6750 section 2", "One token in one place", ("two-token-transports", "authorization-repeated")),
    Duty("RFC 6750 section 2.1", "Authorization: Bearer <token>", ("bearer-malformed", "bearer-placeholder")),
    Duty("RFC 6750 section 2.2", "No token in the body", ("bearer-in-body", "bearer-in-body-of-get")),
    Duty("RFC 6750 section 2.3", "No token in the query", ("bearer-in-query",)),
    Duty(
        "RFC 6750 section 2.3",
        "Cache-Control: no-store with a token in the query",
        (),
        "The token must not be there at all (bearer-in-query).",
    ),
    Duty("RFC 6750 section 3.1", "After invalid_token a new token, and one retry", ("rejected-token-reused",)),
    Duty(
        "RFC 6750 section 3.1", "insufficient_scope is not retried with the same token", ("insufficient-scope-retried",)
    ),
    Duty("RFC 6750 section 5.2", "TLS for every request with a token", ("api-not-tls", "certificate-not-verified")),
    Duty("RFC 6750 section 5.3", "Tokens are not given to others", ("token-sent-to-another-host", "secret-in-referer")),
    Duty("RFC 6750 section 5.3", "No tokens in cookies", ("token-in-cookie",)),
    Duty("RFC 6750 section 5.3", "No tokens in URLs", ("bearer-in-query", "token-in-path")),
    Duty("RFC 7521 section 4.2", "Assertion and its type come together", ("assertion-incomplete",)),
    Duty("RFC 7521 section 4.2", "client_id beside an assertion names the same client", ("client-id-mismatch",)),
    Duty("RFC 7521 section 5.2", "iss of an assertion of one's own is the client_id", ("assertion-not-for-client",)),
    Duty("RFC 7523 section 2.2", "One JWT, with the type for JWTs", ("assertion-type-wrong", "assertion-not-jwt")),
    Duty("RFC 7523 section 3", "iss, sub, aud and exp are there", ("assertion-claim-missing",)),
    Duty("RFC 7523 section 3", "sub is the client_id", ("assertion-not-for-client",)),
    Duty(
        "RFC 7523 section 3",
        "aud names this server",
        ("assertion-audience-wrong",),
        "That it be the issuer alone is asked by RFC 10070, which updates this one; libraries name the token URL, too.",
    ),
    Duty("RFC 7523 section 3", "The assertion is good now", ("assertion-not-valid-now",)),
    Duty("RFC 7523 section 3", "An assertion is used once", ("assertion-reused",)),
    Duty("RFC 7523 section 3", "The assertion is signed", ("assertion-not-signed",)),
    Duty(
        "RFC 7662 section 2.1", "Introspection is a POST with the token in a form", ("token-status-request-malformed",)
    ),
    Duty(
        "RFC 7662 section 4",
        "An introspection result is not kept past exp",
        (),
        "It is for APIs, not for their clients.",
    ),
    Duty("RFC 7009 section 2", "The revocation endpoint is https", ("token-endpoint-not-tls",)),
    Duty("RFC 7009 section 2.1", "Revocation is a POST with the token in a form", ("token-status-request-malformed",)),
    Duty("RFC 7009 section 2.1", "A revoked token is used no more", ("revoked-token-used",)),
    Duty("RFC 7009 section 2.2.1", "After a 503 with Retry-After the client waits", ("retry-after-ignored",)),
    Duty(
        "RFC 8414 section 2",
        "What the metadata leave out has a default",
        (),
        "The fake's metadata leave out neither grants nor methods of authentication.",
    ),
    Duty("RFC 8414 section 3.1", "Metadata are asked for with GET", ("metadata-not-get",)),
    Duty("RFC 8414 section 3.3", "Metadata of another issuer are thrown away", (), _FAULT),
    Duty("RFC 8414 section 6.1", "The certificate is checked for metadata, too", ("certificate-not-verified",)),
    Duty(
        "RFC 8705 section 2",
        "client_id goes with a TLS certificate",
        ("client-id-missing", "no-client-authentication"),
    ),
    Duty(
        "RFC 8705 section 3",
        "The same certificate goes to the token endpoint and to the API",
        (),
        "The API refuses a token that comes with another one, or with none.",
    ),
    Duty(
        "RFC 8705 section 5",
        "mtls_endpoint_aliases go before the plain endpoints",
        (),
        "With the option mtls_aliases certificates count at the aliases only.",
    ),
    Duty(
        "RFC 8707 section 2",
        "resource is an absolute URI without fragment and query",
        ("resource-not-absolute", "resource-with-query"),
    ),
    Duty("RFC 8707 section 2", "resource is as specific as possible", (), _CHOICE),
    Duty("RFC 9068 section 6", "The client does not read its token", (), _FAULT),
    Duty("RFC 9110 section 11.5", "Credentials stay at the server they are for", ("secret-sent-to-another-host",)),
    Duty("RFC 9449 section 4.2", "A proof has the right header", ("dpop-proof-malformed",)),
    Duty(
        "RFC 9449 section 4.2",
        "A proof is for one request",
        ("dpop-proof-claims", "dpop-proof-reused", "dpop-proof-repeated"),
    ),
    Duty("RFC 9449 section 5", "An answer that is not DPoP is thrown away where binding matters", (), _FAULT),
    Duty("RFC 9449 section 7.1", "A DPoP token goes with a proof", ("dpop-proof-missing",)),
    Duty("RFC 9449 section 8", "The newest nonce goes into the next proof", ("dpop-nonce-ignored",)),
    Duty("RFC 9700 section 2.4", "No password grant", ("password-grant",)),
    Duty("RFC 9700 section 2.6", "The client is configured from the metadata", (), _CHOICE),
    Duty("RFC 9700 section 4.3.2", "No token in a query", ("bearer-in-query",)),
)
