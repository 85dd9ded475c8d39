"""Forged tokens: each wrong in one way that an API has to notice, and knowing which."""

from __future__ import annotations

import functools
import json
import math
import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pytest_oauthcc.core import raw_jwt
from pytest_oauthcc.core.causes import Cause
from pytest_oauthcc.core.forgery_names import FORGERIES
from pytest_oauthcc.core.keys import SigningKey, make_key
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.masking import mask
from pytest_oauthcc.options import unknown_name

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pytest_oauthcc.core.state import State
    from pytest_oauthcc.core.tokens import Draft

__all__ = ["ELSEWHERE", "Forged", "ForgedToken", "Forger", "why_refused"]

ELSEWHERE = "https://keys.elsewhere.test"
"""Where forged tokens say that their keys are; nobody serves it, so that looking there does not go unseen."""

_HOUR = 3600
_OVERSIZE = 200_000  # characters, many times what a server takes in all its headers


@dataclass(frozen=True, slots=True)
class ForgedToken:
    """
    A token that an API has to refuse.

    Attributes:
        name: Which forgery it is, such as ``"alg-none"``.
        value: The token itself.
        why: Why it has to be refused, in one sentence.
        status: With which HTTP status: 403 where the token is good, but not for this; else 401.
    """

    name: str
    value: str
    why: str
    status: int

    def __repr__(self) -> str:
        return f"ForgedToken({self.name!r}, {mask(self.value)}, status={self.status}, why={self.why!r})"


ForgedToken.__module__ = "pytest_oauthcc"


@dataclass(frozen=True, slots=True)
class Forged:
    """What the provider remembers of a token that it forged: the token, and why its own API refuses it."""

    token: ForgedToken
    cause: Cause


class _Workpiece:
    """A token in the making: a good draft, to which one thing is done."""

    def __init__(self, draft: Draft, key: SigningKey, now: float) -> None:
        self.payload = draft.payload
        self.header = {"alg": key.alg, **{name: value for name, value in draft.header.items() if value is not None}}
        self.key = key
        self.now = math.floor(now)

    @property
    def wrong_key(self) -> SigningKey:
        """A key of the same kind that the issuer never had."""
        return _wrong_key(self.key.alg)

    @property
    def wrong_key_pair(self) -> SigningKey:
        """A key that the issuer never had, with a public half."""
        return _wrong_key("ES256" if self.key.public_jwk is None else self.key.alg)

    def signed(self, key: SigningKey | None = None) -> str:
        """Sign what is there now."""
        key = key or self.key
        self.header["alg"] = key.alg
        return raw_jwt.join(self.header, self.payload, raw_jwt.sign(self.header, self.payload, key))

    def with_signature(self, change: Callable[[bytes], bytes]) -> str:
        """Sign it rightly and then change the signature."""
        return raw_jwt.join(self.header, self.payload, change(raw_jwt.sign(self.header, self.payload, self.key)))

    def signed_hs256(self, secret: bytes) -> str:
        """Sign with HS256 and a secret that somebody could guess."""
        self.header["alg"] = "HS256"
        return raw_jwt.join(self.header, self.payload, raw_jwt.sign_hs256(self.header, self.payload, secret))


@functools.cache
def _wrong_key(alg: str) -> SigningKey:
    return make_key(alg)


# --- what is done to the draft


def _expire(piece: _Workpiece) -> str:
    piece.payload.update(iat=piece.now - 2 * _HOUR, exp=piece.now - _HOUR)
    if "nbf" in piece.payload:
        piece.payload["nbf"] = piece.payload["iat"]
    return piece.signed()


def _postpone(piece: _Workpiece) -> str:
    piece.payload.update(nbf=piece.now + _HOUR, exp=piece.now + 2 * _HOUR)
    return piece.signed()


def _set_claims(**claims: Any) -> Callable[[_Workpiece], str]:
    def change(piece: _Workpiece) -> str:
        piece.payload.update(claims)
        return piece.signed()

    return change


def _drop_claim(name: str) -> Callable[[_Workpiece], str]:
    def change(piece: _Workpiece) -> str:
        piece.payload.pop(name, None)
        return piece.signed()

    return change


def _move_to_other_tenant(piece: _Workpiece) -> str:
    piece.payload["iss"] = f"{str(piece.payload['iss']).rstrip('/')}/another-tenant"
    return piece.signed()


def _sign_with_wrong_key(**header: Any) -> Callable[[_Workpiece], str]:
    def change(piece: _Workpiece) -> str:
        piece.header.update(header)
        return piece.signed(piece.wrong_key)

    return change


def _leave_unsigned(alg: str) -> Callable[[_Workpiece], str]:
    def change(piece: _Workpiece) -> str:
        piece.header["alg"] = alg
        return raw_jwt.join(piece.header, piece.payload, b"")

    return change


def _embed_key(piece: _Workpiece) -> str:
    key = piece.wrong_key_pair
    piece.header.update(kid=key.kid, jwk=key.public_jwk)
    return piece.signed(key)


def _point_to_keys(member: str, path: str) -> Callable[[_Workpiece], str]:
    def change(piece: _Workpiece) -> str:
        key = piece.wrong_key_pair
        piece.header.update({"kid": key.kid, member: f"{ELSEWHERE}{path}"})
        return piece.signed(key)

    return change


def _inject_kid(kid: str, secret: bytes) -> Callable[[_Workpiece], str]:
    def change(piece: _Workpiece) -> str:
        piece.header["kid"] = kid
        return piece.signed_hs256(secret)

    return change


def _retype(piece: _Workpiece) -> str:
    piece.header["typ"] = "JWT"
    return piece.signed()


def _make_id_token(piece: _Workpiece) -> str:
    client_id = piece.payload.get("client_id", piece.payload.get("sub"))
    for name in ("client_id", "scope", "scp", "roles"):
        piece.payload.pop(name, None)
    piece.payload.update(aud=client_id, azp=client_id, nonce=secrets.token_urlsafe(8), auth_time=piece.now)
    return _retype(piece)


def _tamper(piece: _Workpiece) -> str:
    signature = raw_jwt.sign(piece.header, piece.payload, piece.key)
    return raw_jwt.join(piece.header, {**piece.payload, "sub": "administrator"}, signature)


def _to_der(signature: bytes) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

    half = len(signature) // 2
    encoded: bytes = encode_dss_signature(int.from_bytes(signature[:half]), int.from_bytes(signature[half:]))
    return encoded


def _repeat_exp(piece: _Workpiece) -> str:
    text = json.dumps(piece.payload)
    twice = f'{text[:-1]}, "exp": {piece.now - _HOUR}}}'
    return raw_jwt.join(piece.header, twice, raw_jwt.sign(piece.header, twice, piece.key))


def _demand_extension(piece: _Workpiece) -> str:
    name = "https://oauthcc.test/unknown-extension"
    piece.header.update({"crit": [name], name: True})
    return piece.signed()


def _blow_up(piece: _Workpiece) -> str:
    piece.payload["padding"] = "x" * _OVERSIZE
    return piece.signed(piece.wrong_key)


def _bind_to_key(piece: _Workpiece) -> str:
    public = _wrong_key("ES256").public_jwk
    assert public is not None  # noqa: S101 - it is an ES256 key
    piece.payload["cnf"] = {"jkt": raw_jwt.thumbprint(public)}
    return piece.signed()


# --- where it makes no sense


def _needs_claim(name: str) -> Callable[[_Workpiece], str]:
    return lambda piece: "" if name in piece.payload else f"the tokens of this provider have no claim {name!r}"


def _needs_key_pair(piece: _Workpiece) -> str:
    return "" if piece.key.public_jwk is not None else f"{piece.key.alg} has no public key; choose another signing_alg"


def _needs_own_typ(piece: _Workpiece) -> str:
    typ = piece.header.get("typ")
    if str(typ).lower() in {"at+jwt", "application/at+jwt"}:
        return ""
    return f"the tokens of this provider have typ {typ!r}, which tells no kinds of token apart"


def _needs_ecdsa(piece: _Workpiece) -> str:
    return "" if piece.key.alg.startswith("ES") else f"it is about ECDSA, and the algorithm is {piece.key.alg}"


def _fits_always(_piece: _Workpiece) -> str:
    return ""


@dataclass(frozen=True, slots=True)
class _Forgery:
    """
    One kind of forged token.

    Args:
        why: Why an API has to refuse it.
        make: Makes the token of a good draft.
        cause: What the fake's own API finds wrong with it.
        obstacle: Says why there is no such token at a provider, or nothing.
        status: What an API has to answer.
    """

    why: str
    make: Callable[[_Workpiece], str]
    cause: Cause = Cause.TOKEN_UNKNOWN
    obstacle: Callable[[_Workpiece], str] = _fits_always
    status: int = 401


_NOT_SIGNED = "it is not signed, whatever the spelling of its alg (RFC 8725 section 3.2, RFC 9068 section 4)"

_TABLE: Mapping[str, _Forgery] = {
    "expired": _Forgery("it expired an hour ago (RFC 9068 section 4)", _expire, Cause.TOKEN_EXPIRED),
    "not-yet-valid": _Forgery("its nbf lies an hour ahead (RFC 7519 section 4.1.5)", _postpone),
    "no-exp": _Forgery(
        "it has no exp, and so would be good for ever (RFC 9068 section 2.2)",
        _drop_claim("exp"),
        obstacle=_needs_claim("exp"),
    ),
    "wrong-issuer": _Forgery(
        "its iss is another issuer (RFC 9068 section 4)",
        _set_claims(iss="https://issuer.elsewhere.test"),
        obstacle=_needs_claim("iss"),
    ),
    "no-issuer": _Forgery("it has no iss (RFC 9068 section 2.2)", _drop_claim("iss"), obstacle=_needs_claim("iss")),
    "other-tenant": _Forgery(
        "its iss only begins like the right one: another tenant of the same server (RFC 9068 section 4)",
        _move_to_other_tenant,
        obstacle=_needs_claim("iss"),
    ),
    "wrong-audience": _Forgery(
        "its aud is another API (RFC 9068 section 4, RFC 9700 section 2.3)",
        _set_claims(aud="https://api.elsewhere.test/"),
        Cause.TOKEN_AUDIENCE,
        _needs_claim("aud"),
    ),
    "no-audience": _Forgery(
        "it has no aud, and so would be good at every API (RFC 9068 section 2.2)",
        _drop_claim("aud"),
        Cause.TOKEN_AUDIENCE,
        _needs_claim("aud"),
    ),
    "wrong-key": _Forgery("another key signed it under the kid of the right one", _sign_with_wrong_key()),
    "unknown-kid": _Forgery(
        "its kid is that of no published key, and neither is the key that signed it",
        _sign_with_wrong_key(kid="a-key-that-nobody-published"),
    ),
    "alg-none": _Forgery(_NOT_SIGNED, _leave_unsigned("none")),
    "alg-none-capitalized": _Forgery(_NOT_SIGNED, _leave_unsigned("None")),
    "alg-none-uppercase": _Forgery(_NOT_SIGNED, _leave_unsigned("NONE")),
    "alg-none-mixed-case": _Forgery(_NOT_SIGNED, _leave_unsigned("nOnE")),
    "hs256-public-key": _Forgery(
        "it is signed by HS256 with the public key as the secret, which everybody has (RFC 8725 section 2.1)",
        lambda piece: piece.signed_hs256(raw_jwt.public_pem(piece.key)),
        obstacle=_needs_key_pair,
    ),
    "hs256-empty-secret": _Forgery(
        "it is signed by HS256 with an empty secret (RFC 8725 section 3.5)", lambda piece: piece.signed_hs256(b"")
    ),
    "embedded-jwk": _Forgery(
        "it is signed by the key that it brings along in its header as jwk (RFC 8725 section 3.10)", _embed_key
    ),
    "foreign-jku": _Forgery(
        "its header says with jku that its key is elsewhere (RFC 8725 section 3.10)",
        _point_to_keys("jku", "/jwks.json"),
    ),
    "foreign-x5u": _Forgery(
        "its header says with x5u that its certificate is elsewhere (RFC 8725 section 3.10)",
        _point_to_keys("x5u", "/certificate.pem"),
    ),
    "kid-path-traversal": _Forgery(
        "its kid is a path to an empty file, with whose content it is signed (RFC 8725 section 3.10)",
        _inject_kid("../../../../../../dev/null", b""),
    ),
    "kid-sql-injection": _Forgery(
        "its kid makes a careless query return the secret that signed it (RFC 8725 section 3.10)",
        _inject_kid("x' UNION SELECT 'oauthcc", b"oauthcc"),
    ),
    "kid-not-a-text": _Forgery("its kid is no text (RFC 7515 section 4.1.4)", _sign_with_wrong_key(kid={"$ne": None})),
    "wrong-typ": _Forgery(
        "its typ is JWT instead of at+jwt: it may be any other kind of token of the issuer (RFC 9068 section 4)",
        _retype,
        obstacle=_needs_own_typ,
    ),
    "id-token": _Forgery(
        "it is an ID token: it tells the client who logged in, and is not meant for an API (RFC 9068 section 4)",
        _make_id_token,
        Cause.TOKEN_AUDIENCE,
        _needs_claim("aud"),
    ),
    "tampered-payload": _Forgery("its claims were changed after it had been signed", _tamper),
    "stripped-signature": _Forgery("its signature was taken away", lambda piece: piece.with_signature(lambda _: b"")),
    "truncated-signature": _Forgery(
        "half of its signature is missing", lambda piece: piece.with_signature(lambda whole: whole[: len(whole) // 2])
    ),
    "der-signature": _Forgery(
        "its ECDSA signature is in DER instead of the two plain numbers (RFC 7518 section 3.4)",
        lambda piece: piece.with_signature(_to_der),
        obstacle=_needs_ecdsa,
    ),
    "zero-signature": _Forgery(
        "its signature is all zeros, which careless ECDSA code takes for right (RFC 8725 section 3.4)",
        lambda piece: piece.with_signature(lambda whole: bytes(len(whole))),
    ),
    "duplicate-claims": _Forgery(
        "it has exp twice, and by the last one, which counts, it is expired (RFC 7519 section 4)",
        _repeat_exp,
        Cause.TOKEN_EXPIRED,
    ),
    "unknown-crit": _Forgery(
        "its header marks an extension as critical that nobody knows (RFC 7515 section 4.1.11)", _demand_extension
    ),
    "oversized": _Forgery(f"it has more than {_OVERSIZE:,} characters, and no key of the issuer signed it", _blow_up),
    "not-a-jwt": _Forgery("it is a random text that the issuer never made", lambda _: secrets.token_urlsafe(32)),
    "too-little-scope": _Forgery(
        "it is good, but lacks the scope (RFC 6750 section 3.1)",
        lambda piece: piece.signed(),
        Cause.INSUFFICIENT_SCOPE,
        status=403,
    ),
    "revoked": _Forgery(
        "it was revoked; only introspection tells (RFC 7662 section 4)",
        lambda piece: piece.signed(),
        Cause.TOKEN_REVOKED,
    ),
    "other-client": _Forgery(
        "it was issued to a client that is not registered here; an API that knows its callers refuses it",
        _set_claims(sub="client-of-somebody-else", client_id="client-of-somebody-else"),
    ),
    "dpop-as-bearer": _Forgery(
        "it is bound to a key by cnf, and is sent as Bearer without a proof (RFC 9449 section 7.2)",
        _bind_to_key,
        Cause.TOKEN_BINDING,
    ),
}
assert tuple(_TABLE) == FORGERIES  # noqa: S101 - the plugin parametrizes a fixture with the names before this is loaded


def why_refused(name: str) -> str:
    """Say why a token of that kind of forgery has to be refused, as the rest of a sentence about it."""
    return _TABLE[name].why


class Forger:
    """
    Forges tokens of one provider.

    Args:
        state: The provider's state.
    """

    def __init__(self, state: State) -> None:
        self._state = state

    def forge(
        self,
        name: str,
        scopes: tuple[str, ...] | None,
        *,
        expires_in: float | None = None,
        claims: Mapping[str, Any] | None = None,
        client_id: str | None = None,
        alg: str | None = None,
        headers: Mapping[str, Any] | None = None,
    ) -> ForgedToken:
        """
        Make one forged token; the arguments after the first are those of ``Provider.mint``.

        Returns:
            The token, of which the provider knows that it is a forgery.

        Raises:
            OptionError: There is no such forgery, or it makes no sense for this provider.
        """
        __tracebackhide__ = True
        if name not in _TABLE:
            raise OptionError(unknown_name("forgery", name, FORGERIES))
        forgery, client = _TABLE[name], self._state.main_client
        if scopes is None:
            scopes = () if forgery.status == 403 else client.default_scopes or client.scopes or ()  # noqa: PLR2004
        now = self._state.clock.time()
        with self._state.lock:
            draft = self._state.draft(
                client_id or client.client_id,
                scopes,
                now=now,
                lifetime=expires_in,
                claims=claims,
                alg=alg,
                header=headers,
            )
            assert draft.key is not None  # noqa: S101 - it is no opaque token
            piece = _Workpiece(draft, draft.key, now)
            obstacle = forgery.obstacle(piece)
            if obstacle:
                raise OptionError(f"there is no forgery {name!r} here: {obstacle}")
            token = ForgedToken(name, forgery.make(piece), forgery.why, forgery.status)
            self._state.forged[token.value] = Forged(token, forgery.cause)
        return token

    def forge_all(self, scopes: tuple[str, ...] | None) -> tuple[ForgedToken, ...]:
        """Make every forged token that makes sense for this provider; ``scopes`` as for ``forge``."""
        made = []
        for name in FORGERIES:
            try:
                made.append(self.forge(name, None if name == "too-little-scope" else scopes))
            except OptionError:
                continue
        return tuple(made)
