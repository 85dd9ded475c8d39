"""What the RFCs ask of the fake's own side: the authorization server and the protected API, line by line."""

from __future__ import annotations

from typing import NamedTuple


class Line(NamedTuple):
    """
    One line.

    Args:
        id: RFC, section and, where a section asks for several things, a word for which.
        asks: What it asks, in our words.
        not_covered: Why no test looks at it; nothing where one has to.
    """

    id: str
    asks: str
    not_covered: str = ""


_MTLS = "Client certificates are not looked at yet: the method tls_client_auth is none of the option auth_methods."
_TLS = "In process there is no TLS to look at; the rule token-endpoint-not-tls tells of plain http, oauthcc_server speaks TLS."

LINES = (
    Line("6749 §2.2", "A bare client_id proves nothing"),
    Line("6749 §2.3", "A request that authenticates in two ways is refused"),
    Line("6749 §2.3.1 basic", "HTTP Basic is taken"),
    Line("6749 §2.3.1 encoding", "Id and secret are form-decoded after base64"),
    Line("6749 §2.3.1 uri", "Credentials in the request URI are refused"),
    Line("6749 §2.3.1 empty", "An empty secret may be left out", "The option client_secret takes no empty text."),
    Line("6749 §2.3.1 tls", "TLS where a password authenticates the client", _TLS),
    Line("6749 §2.3.1 brute-force", "Guessing is slowed down", "A test scripts it: token_endpoint.fail(status=429)."),
    Line("6749 §2.3.2", "The methods of each client are registered and enforced"),
    Line("6749 §3.2 fragment", "The URL of the token endpoint has no fragment"),
    Line("6749 §3.2 post", "Token requests are POST"),
    Line("6749 §3.2 empty", "A parameter without value counts as absent"),
    Line("6749 §3.2 unknown", "Unknown parameters are ignored"),
    Line("6749 §3.2 twice", "No parameter comes twice"),
    Line("6749 §3.2.1", "A client with credentials authenticates with each request"),
    Line("6749 §3.3 grammar", "scope follows its grammar"),
    Line("6749 §3.3 order", "The order of scopes means nothing"),
    Line("6749 §3.3 differs", "A granted scope that differs is told"),
    Line("6749 §3.3 missing", "Without scope there is a default, or a refusal"),
    Line("6749 §4.4", "Only clients that may use the grant get a token"),
    Line("6749 §4.4.2 form", "Parameters come as a form in UTF-8"),
    Line("6749 §4.4.2 grant-type", "grant_type is client_credentials, letter by letter"),
    Line("6749 §4.4.3", "There is no refresh token"),
    Line("6749 §5.1 members", "access_token, token_type and expires_in are there, with the right JSON types"),
    Line("6749 §5.1 no-store", "Answers with tokens, and errors, are not to be stored"),
    Line("6749 §5.1 json", "The answer is flat application/json without a name twice"),
    Line("6749 §5.1 sizes", "The sizes of values are documented", "Not visible in answers."),
    Line("6749 §5.2 status", "Errors are 400 but for what the RFC says"),
    Line("6749 §5.2 codes", "Each mistake gets its own code"),
    Line("6749 §5.2 challenge", "A client that used the Authorization header gets 401 and a challenge"),
    Line("6749 §5.2 characters", "Descriptions keep to their characters"),
    Line("6749 §5.2 error-uri", "error_uri is a URI", "The fake never sends one."),
    Line("6749 §7", "The API validates token, expiry and scope"),
    Line("6749 §10.3", "Tokens can't be altered"),
    Line("6749 §10.9", "TLS with server authentication", _TLS),
    Line("6749 §10.10", "Tokens can't be guessed"),
    Line("6749 A.12", "access_token has visible characters only"),
    Line("6750 §2", "A token in two places is refused"),
    Line("6750 §2.1", "The Authorization header is understood"),
    Line("6750 §2.2", "A token in the body is not taken"),
    Line("6750 §2.3", "A token in the query is not taken"),
    Line("6750 §2.3 private", "An answer to a token in the query is private", "No such token is ever taken."),
    Line("6750 §3 challenge", "A refusal has a Bearer challenge with an attribute"),
    Line("6750 §3 once", "No attribute comes twice, and all keep to their characters"),
    Line("6750 §3.1 codes", "invalid_request is 400, invalid_token 401, insufficient_scope 403"),
    Line("6750 §3.1 silent", "Without credentials there is no error code"),
    Line("6750 §3.1 scope", "insufficient_scope names the scope"),
    Line("6750 §5.3", "Tokens live an hour and are for one API"),
    Line("7521 §4.2 pair", "client_assertion and client_assertion_type come together"),
    Line("7521 §4.2 client-id", "client_id is the client of the assertion"),
    Line("7523 §2.2", "The type is the URN of the JWT bearer"),
    Line("7523 §3 iss-sub", "iss and sub are the client"),
    Line("7523 §3 aud", "aud is this server"),
    Line("7523 §3 exp", "exp is there, not over, and not far ahead"),
    Line("7523 §3 nbf", "nbf lies behind"),
    Line("7523 §3 jti", "An assertion is good once"),
    Line("7523 §3 signature", "The signature is right, and made by a registered key"),
    Line("7523 §3.2", "A bad assertion is invalid_client"),
    Line("7523 §5", "RS256 is taken"),
    Line("7662 §2", "TLS at the introspection endpoint", _TLS),
    Line("7662 §2.1 form", "POST with the parameter token"),
    Line("7662 §2.1 caller", "The caller authenticates"),
    Line("7662 §2.1 hint", "A wrong hint hides no token"),
    Line("7662 §2.2 inactive", "What is no good token is active: false, and nothing else"),
    Line("7662 §2.2 types", "Members have the right JSON types"),
    Line("7662 §4", "Expiry and revocation count"),
    Line("7009 §2", "Access tokens can be revoked"),
    Line("7009 §2.1 form", "POST with the parameter token, authenticated"),
    Line("7009 §2.1 hint", "A wrong hint hides no token"),
    Line("7009 §2.1 owner", "Only the client's own tokens can be revoked"),
    Line("7009 §2.2", "An unknown token is 200 as well"),
    Line("7009 §2.2.1", "unsupported_token_type", "All tokens of the fake can be revoked; there are no others."),
    Line("7009 §5", "Counter-measures against floods", "The option max_exchanges ends a flood, and the test with it."),
    Line("8414 §2 issuer", "issuer is an https URL without query and fragment"),
    Line("8414 §2 members", "What is required is there, and true"),
    Line("8414 §2 algs", "Methods that sign come with their algorithms, and never none"),
    Line("8414 §3", "The document is at its well-known place"),
    Line("8414 §3.2", "It is 200, application/json, without empty lists"),
    Line("8414 §3.3", "Its issuer is the one that was asked for"),
    Line("8705 §2 client-id", "client_id comes with a certificate", _MTLS),
    Line("8705 §2 binding", "The certificate is that of the client", _MTLS),
    Line("8705 §3", "The API checks the certificate against cnf", _MTLS),
    Line("8705 §3.1", "The thumbprint is base64url without padding", _MTLS),
    Line("8705 §5", "Aliases of endpoints for certificates", _MTLS),
    Line("8707 §2 absolute", "resource is an absolute URI without fragment"),
    Line("8707 §2 repeat", "resource may repeat"),
    Line("8707 §2 target", "An unknown resource is invalid_target"),
    Line("8707 §2 audience", "The token is for the resource"),
    Line("9068 §2.1 signed", "Tokens are signed; RS256 is to be had"),
    Line("9068 §2.1 typ", "typ is at+jwt"),
    Line("9068 §2.2 claims", "iss, exp, aud, sub, client_id, iat and jti are there"),
    Line("9068 §2.2 sub", "sub is the client"),
    Line("9068 §2.2.3", "scope is one text"),
    Line(
        "9068 §2.2.3 sense", "Each scope makes sense for the audience", "The fake does not know which scope is whose."
    ),
    Line("9068 §3", "Without resource there is a default audience"),
    Line("9068 §3 mixed", "Scopes of several default audiences are refused", "There is one default audience."),
    Line("9068 §4", "The API refuses every forgery as invalid_token"),
    Line("9068 §5", "A client is not taken for a user", "There are no users here."),
    Line("9449 §4.2 header", "typ, alg and jwk of a proof are right"),
    Line("9449 §4.2 claims", "jti, htm, htu, iat and ath are there"),
    Line("9449 §4.3 once", "There is one DPoP header"),
    Line("9449 §4.3 request", "htm and htu are those of the request, htu compared as a URL"),
    Line("9449 §5 type", "A bound token has the type DPoP"),
    Line("9449 §5.1", "The metadata tell the algorithms of proofs"),
    Line("9449 §5.2", "A client that registered for it gets no other token"),
    Line("9449 §6", "cnf.jkt is the thumbprint, in the token and in introspection"),
    Line("9449 §7.1", "The API wants the proof of the same key, and challenges with DPoP and algs"),
    Line("9449 §7.2", "A bound token as Bearer is refused"),
    Line("9449 §8", "A nonce is demanded with 400, told once, and changes"),
    Line("9449 §9", "The API has nonces of its own"),
    Line("9449 §11.1", "A proof is good for a short time, and once"),
    Line("9449 §11.3", "With nonces, a proof without one is refused"),
    Line("7591 §3", "A client registers and can use what it got"),
    Line("7591 §3.2.2", "What can't be is invalid_client_metadata"),
    Line("7638 §3", "kid is the thumbprint of the key"),
    Line("9700 §2.2.1", "Tokens can be bound to a key"),
    Line("9700 §2.3", "The API refuses a token for another one"),
    Line("9700 §2.4", "The password grant is refused"),
    Line("9700 §2.6", "There are metadata"),
    Line("9700 §4.3.2", "A token in the query is not taken"),
    Line(
        "9700 §4.12", "No 307 from the token endpoint", "A test scripts it: token_endpoint.redirect(url, status=307)."
    ),
)
