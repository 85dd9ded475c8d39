"""What the example APIs make of a request, apart from the framework: a status and headers."""

# ruff: noqa: D102 - each class says what is wrong with it

from __future__ import annotations

from verifiers import Refused

SCOPE = "orders:read"


class Right:
    """Answers as RFC 6750 section 3 wants it."""

    def __init__(self, verifier):
        self.verifier = verifier

    def judge(self, authorization, query):
        """Return the status, and the headers of a refusal."""
        token = self.find(authorization, query)
        if token is None:
            return 401, self.challenge()
        try:
            claims = self.verifier.verify(token)
        except Refused:
            return 401, self.challenge(error="invalid_token")
        if not self.verifier.has_scope(claims, SCOPE):
            return self.refuse_scope()
        return 200, {}

    def find(self, authorization, query):
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token or " " in token:
            return None
        return token

    def refuse_scope(self):
        return 403, self.challenge(error="insufficient_scope", scope=SCOPE)

    def challenge(self, **attributes):
        told = "".join(f', {name}="{value}"' for name, value in attributes.items())
        return {"WWW-Authenticate": f'Bearer realm="orders"{told}'}


class SchemeByCase(Right):
    """Knows the word Bearer in one spelling."""

    def find(self, authorization, query):
        return authorization[7:] if (authorization or "").startswith("Bearer ") and authorization[7:] else None


class AnyScheme(Right):
    """Takes the last word of the header."""

    def find(self, authorization, query):
        return authorization.split()[-1] if authorization else None


class TokenInQuery(Right):
    """Takes a token out of the URL as well."""

    def find(self, authorization, query):
        return super().find(authorization, query) or query.get("access_token")


class ScopeIs401(Right):
    """Makes no difference between a bad token and too little scope."""

    def refuse_scope(self):
        return 401, self.challenge(error="invalid_token")


class NoChallenge(Right):
    """Says nothing but 401."""

    def challenge(self, **_attributes):
        return {}


class BadChallenge(Right):
    """Tells an error where there is no token, and quotes inside of quotes."""

    def challenge(self, **attributes):
        error = attributes.get("error", "invalid_token")
        return {"WWW-Authenticate": f'Bearer error="{error}", error_description="it is "{error}""'}


class OtherErrorCodes(Right):
    """Has error codes of its own."""

    def challenge(self, **attributes):
        return super().challenge(**{**attributes, **({"error": "denied"} if "error" in attributes else {})})


class TellsTwice(Right):
    """Adds what is wrong to a challenge that says it already."""

    def challenge(self, **attributes):
        told = super().challenge(**attributes)["WWW-Authenticate"]
        return {"WWW-Authenticate": f'{told}, realm="orders", scope="{SCOPE}", error_description="none"'}


class QuotesInChallenge(Right):
    """Escapes quotes, as JSON does."""

    def challenge(self, **attributes):
        return super().challenge(**attributes, error_description=r"the \"token\" is no good")
