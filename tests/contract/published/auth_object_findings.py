"""What httpx-auth and requests-auth both do: they are sister projects, and alike but for a few names."""

from published_findings import Finding

NOT_APPLICABLE = {
    "gets-a-new-token-after-a-401": "the auth object adds tokens and leaves answers to the program, which has "
    "OAuth2.token_cache.clear()",
    "repeats-the-call-after-a-401": "the auth object adds tokens and leaves answers to the program",
}


def findings_of(package: str, *, basic: str, is_expired: str, to_expiry: str) -> tuple[Finding, ...]:
    """
    Tell what an auth object of the family does.

    Args:
        package: Its name.
        basic: The function that makes the Basic header.
        is_expired: The function that looks whether a token has expired.
        to_expiry: The function that adds expires_in to the time.
    """
    return (
        Finding(
            "Id and secret go into the Basic header as they are, where RFC 6749 has them form-encoded first",
            f"{package}._oauth2.client_credentials:OAuth2ClientCredentials.{basic}",
            (
                "encodes-a-secret-with-reserved-characters",
                "encodes-an-id-with-reserved-characters",
                "keeps-a-colon-in-its-id",
            ),
            "The client has no other method. Letters, digits and -._ are the same either way.",
        ),
        Finding(
            "Who asks for a token holds a lock, but nobody who waited for it looks again whether there is a token now: "
            "each of several threads sends a token request, one after the other",
            f"{package}._oauth2.tokens:TokenMemoryCache.get_token",
            ("asks-once-for-many-callers", "renews-once-for-many-callers"),
        ),
        Finding(
            "The early expiry is 30 s whatever the lifetime: a token of 30 s is renewed for every call",
            f"{package}._oauth2.tokens:{is_expired}",
            ("keeps-short-lived-tokens",),
            "early_expiry= takes another value, though not 0, which is falsy and gives 30 s.",
        ),
        Finding(
            "An expires_in beyond what datetime can hold raises OverflowError",
            f"{package}._oauth2.tokens:{to_expiry}",
            ("survives-a-huge-expires-in",),
            "RFC 6749 appendix A.14 sets no bound; such a value is rare.",
        ),
        Finding(
            "JSON that is no object ends in an AttributeError: the answer is taken for a dict",
            f"{package}._oauth2.common:request_new_grant_with_post",
            ("explains-a-useless-answer[list]", "explains-a-useless-answer[null]"),
        ),
        Finding(
            "An http:// token URL is taken as it comes, and the secret sent in the clear",
            f"{package}._oauth2.client_credentials:OAuth2ClientCredentials.__init__",
            ("refuses-a-plain-http-token-url",),
            "RFC 6749 section 3.2 puts the duty on the server; the URL is the program's.",
        ),
    )
