"""What all three of Authlib's clients do: they share their base class and their tokens."""

from published_findings import Finding

BASIC = Finding(
    "Id and secret go into the Basic header as they are, where RFC 6749 has them form-encoded first",
    "authlib.oauth2.auth:encode_client_secret_basic",
    (
        "encodes-a-secret-with-reserved-characters",
        "encodes-an-id-with-reserved-characters",
        "keeps-a-colon-in-its-id",
    ),
    "A change to form-encoding was taken back, since it broke programs whose servers don't decode. A program whose "
    "server does quotes both itself, or uses token_endpoint_auth_method='client_secret_post'.",
    "https://github.com/authlib/authlib/pull/594",
)
LEEWAY = Finding(
    "The leeway is 60 s whatever the lifetime: a token of 30 s is renewed for every call",
    "authlib.oauth2.rfc6749.wrappers:OAuth2Token.is_expired",
    ("keeps-short-lived-tokens",),
    "leeway= takes another value.",
)
ZERO = Finding(
    "expires_in: 0 is falsy, and counts as no expiry at all",
    "authlib.oauth2.rfc6749.wrappers:OAuth2Token.__init__",
    ("does-not-take-zero-for-ever",),
)
NO_TOKEN = Finding(
    "An access_token that is null or empty is stored, and sent to the API as 'Bearer None' or 'Bearer '",
    "authlib.oauth2.client:OAuth2Client.parse_response_token",
    ("uses-no-missing-token[null]", "uses-no-missing-token[empty]"),
    "It is the server that breaks RFC 6749 section 5.1; an answer without the member is noticed.",
)
PLAIN_HTTP = Finding(
    "An http:// token URL is taken as it comes, and the secret sent in the clear",
    "authlib.oauth2.client:OAuth2Client.fetch_token",
    ("refuses-a-plain-http-token-url",),
    "RFC 6749 section 3.2 puts the duty on the server; the URL is the program's.",
)

_BY_HAND = "Authlib hands a 401 on; the program has fetch_token() to get another token"
NOT_APPLICABLE = {
    "asks-once-for-many-callers": "the program fetches the first token itself",
    "gets-a-new-token-after-a-401": _BY_HAND,
    "repeats-the-call-after-a-401": _BY_HAND,
    "reads-the-exp-of-a-jwt": "without expires_in it is a 401 that tells, which Authlib hands on; RFC 9068 section 6 "
    "forbids clients to look into tokens",
}


def spent_refresh_token(where: str) -> Finding:
    """Tell what happens when a server sends refresh tokens with this grant; the renewing is written twice."""
    return Finding(
        "A refresh_token in the answer is used at the expiry; where the server refuses it, the call fails, and the "
        "credentials are not tried",
        where,
        ("renews-with-its-credentials[refused]",),
        "RFC 6749 section 4.4.3 tells servers to send none with this grant; some did, such as older Keycloaks.",
        "https://github.com/authlib/authlib/issues/145",
    )
