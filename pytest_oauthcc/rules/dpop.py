"""Rules about DPoP: proofs that a client has the key to which a token is bound (RFC 9449)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core.dpop import same_target, token_hash
from pytest_oauthcc.core.jwt_parts import decode_claims, decode_header
from pytest_oauthcc.core.raw_jwt import PRIVATE_MEMBERS
from pytest_oauthcc.rules.rule import Rule

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pytest_oauthcc.core.journal import ApiRequest, Exchange, TokenRequest
    from pytest_oauthcc.rules.scene import Scene

__all__ = ["RULES", "look_at_proof"]

RULES = (
    Rule(
        id="dpop-proof-missing",
        level="must",
        rfc="RFC 9449 section 7.1",
        title="A token was sent as a DPoP token, but without a proof.",
        looks_at="API requests with Authorization: DPoP for the header DPoP.",
        why="The proof is what makes a stolen token useless; without it the API refuses.",
        remedy="Make a proof for every request and send it in the header DPoP.",
    ),
    Rule(
        id="dpop-proof-repeated",
        level="must",
        rfc="RFC 9449 section 4.3",
        title="A request has more than one DPoP header.",
        looks_at="The header fields of requests with a DPoP proof.",
        why="The server has to refuse it.",
        remedy="Set the header in one place.",
    ),
    Rule(
        id="dpop-proof-malformed",
        level="must",
        rfc="RFC 9449 section 4.2",
        title="The header of a DPoP proof is wrong.",
        looks_at="typ, alg and jwk of the proof: dpop+jwt, an asymmetric algorithm, a public key and nothing private.",
        why="The server reads from it by which key the proof is signed. A private key in it is given away.",
        remedy='Sign with headers={"typ": "dpop+jwt", "jwk": <the public key>} and RS256, ES256 or EdDSA.',
    ),
    Rule(
        id="dpop-proof-claims",
        level="must",
        rfc="RFC 9449 section 4.2",
        also=("RFC 9449 section 4.3",),
        title="A DPoP proof is not for this request.",
        looks_at="The claims jti, htm, htu and iat of the proof, and at the API ath, against method, URL and token.",
        why="A proof is for one method, one URL and one token, so that nobody can use it for another request.",
        remedy="Make the proof from the request: htm its method, htu its URL without query, ath the hash of the token.",
    ),
)

_CLAIMS = ("jti", "htm", "htu", "iat")


def look_at_proof(entry: TokenRequest | ApiRequest, scene: Scene, found: list[tuple[str, str]]) -> None:
    """Look at the DPoP proof of a request, if there is one, or has to be."""
    headers = entry.request.headers
    at_api = entry.kind == "API request"
    if "dpop" not in headers:
        if at_api and "authorization" in headers and headers["authorization"][:5].lower() == "dpop ":
            found.append(("dpop-proof-missing", "the Authorization header says DPoP, and there is no header DPoP"))
        return
    token = headers.get("authorization", "").partition(" ")[2] if at_api else None
    proofs = headers.get_all("dpop")
    if len(proofs) > 1:
        found.append(("dpop-proof-repeated", f"there are {len(proofs)} DPoP headers"))
    header, claims = decode_header(proofs[0]), decode_claims(proofs[0])
    if not header:
        found.append(("dpop-proof-malformed", "the proof is no JWT"))
        return
    _look_at_header(header, scene, found)
    _look_at_claims(claims, entry, token, scene, found)


def _look_at_header(header: Mapping[str, Any], scene: Scene, found: list[tuple[str, str]]) -> None:
    rule = "dpop-proof-malformed"
    if header.get("typ") != "dpop+jwt":
        found.append((rule, f"typ is {scene.show(header.get('typ'))}; it has to be 'dpop+jwt'"))
    alg = str(header.get("alg", "none"))
    if alg.lower() == "none" or alg.startswith("HS"):
        found.append((rule, f"alg is {scene.show(alg)}; the proof has to be signed with a private key"))
    jwk = header.get("jwk")
    if not isinstance(jwk, dict) or "kty" not in jwk:
        found.append((rule, "there is no public key in jwk"))
    elif PRIVATE_MEMBERS.intersection(jwk):
        found.append((rule, "jwk holds the private key; only its public half belongs there"))


def _look_at_claims(
    claims: Mapping[str, Any], entry: Exchange, token: str | None, scene: Scene, found: list[tuple[str, str]]
) -> None:
    rule = "dpop-proof-claims"
    missing = [name for name in _CLAIMS if claims.get(name) in (None, "")]
    if missing:
        found.append((rule, f"the proof has no {' and no '.join(missing)}"))
    method, url = claims.get("htm"), claims.get("htu")
    if method and method != entry.method:
        found.append((rule, f"htm is {scene.show(method)}, and the request is a {entry.method}"))
    if url and not same_target(str(url), entry.request.split_as_sent):
        found.append((rule, "htu is not the URL of the request without its query"))
    if token is not None and claims.get("ath") != token_hash(token):
        what = "is not the hash of the token that was sent" if "ath" in claims else "is missing"
        found.append((rule, f"ath {what}"))
