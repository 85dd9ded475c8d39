"""Tokens that the tests of a run share, where the target says so; the workers of pytest-xdist share them as well."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from typing import TYPE_CHECKING, NamedTuple

from pytest_oauthcc.core.jwt_parts import seconds_of
from pytest_oauthcc.core.messages import Response
from pytest_oauthcc.live.comparing import members_of

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from pytest_oauthcc.core.journal import TokenRequest

__all__ = ["SharedTokens", "key_of_request"]

_STILL_GOOD = 60.0  # seconds that a token has to be good for, to be given to another test
_OF_THE_BODY = frozenset({"content-length", "content-encoding", "transfer-encoding"})
_NONCE = 12  # bytes, as AES-GCM wants it


class _Kept(NamedTuple):
    """An answer with a token: when it came, in real seconds since the epoch, and for how many seconds it is good."""

    response: Response
    since: float
    lifetime: float

    def is_good(self, now: float) -> bool:
        return self.lifetime - (now - self.since) > _STILL_GOOD

    def as_of(self, now: float) -> Response:
        """Return the answer with the lifetime that is left."""
        response = self.response
        members = members_of(response) or {}
        told = members.get("expires_in")
        seconds = seconds_of(told)
        if seconds is not None:
            left = seconds - int(now - self.since)
            members["expires_in"] = str(left) if isinstance(told, str) else left  # some providers write it as a text
            headers = tuple(field for field in response.headers if field[0].lower() not in _OF_THE_BODY)
            return Response(response.status, headers, json.dumps(members).encode())
        return Response(response.status, response.headers, response.body)


class SharedTokens:
    """
    Keeps answers with tokens for other tests.

    What workers keep for each other lies in files of the run's own directory, encrypted with a key that is in the
    memory of these processes only: no token gets onto a disk in a form that anybody could use.

    Args:
        directory: Of this run alone.
        key: 32 bytes that all workers of the run have; nothing where there is only this process.
    """

    def __init__(self, directory: Path, key: bytes = b"") -> None:
        self._directory = directory
        self._key = key
        self._kept: dict[str, _Kept] = {}

    def keep(self, request: str, response: Response, *, now: float, lifetime: float) -> None:
        """
        Keep an answer.

        Args:
            request: Everything on which the answer depends, credentials too.
            response: The answer.
            now: The real time, in seconds since the epoch.
            lifetime: Of its token, in seconds.
        """
        kept = self._kept[request] = _Kept(response, now, lifetime)
        if self._key:
            file = self._file(request)
            unfinished = file.with_suffix(f".{secrets.token_hex(8)}")  # of its own, for threads fetch at once
            unfinished.write_bytes(self._encrypt(kept))
            unfinished.replace(file)

    def find(self, request: str, now: float) -> Response | None:
        """Return an earlier answer to the same request whose token is still good; its lifetime is what is left."""
        kept = self._kept.get(request)
        if kept is not None and kept.is_good(now):
            return kept.as_of(now)
        if not self._key:
            return None
        try:
            content = self._file(request).read_bytes()
        except FileNotFoundError:
            return None
        kept = self._kept[request] = self._decrypt(content)
        return kept.as_of(now) if kept.is_good(now) else None

    def _file(self, request: str) -> Path:
        # With the key in it the name gives away nothing of the credentials, not even to who can guess them.
        return self._directory / f"{hmac.new(self._key, request.encode(), hashlib.sha256).hexdigest()}.token"

    def _encrypt(self, kept: _Kept) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        response = kept.response
        members = [response.status, response.headers, response.body.decode("latin-1"), kept.since, kept.lifetime]
        nonce = os.urandom(_NONCE)
        return nonce + AESGCM(self._key).encrypt(nonce, json.dumps(members).encode(), None)

    def _decrypt(self, content: bytes) -> _Kept:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        plain = AESGCM(self._key).decrypt(content[:_NONCE], content[_NONCE:], None)
        status, headers, body, since, lifetime = json.loads(plain)
        fields = tuple((name, value) for name, value in headers)
        return _Kept(Response(status, fields, body.encode("latin-1")), since, lifetime)


def key_of_request(entry: TokenRequest, header_names: Iterable[str]) -> str:
    """
    Return everything on which the answer to a token request depends, credentials too.

    Args:
        entry: The request.
        header_names: The headers that the provider looks at.
    """
    params = {name: value for name, value in entry.parameters.values.items() if name != "client_assertion"}
    presented = entry.presented
    credentials = [presented.method, presented.client_id, presented.readings, entry.request.client_certificate]
    wanted = [entry.headers.get(name) for name in header_names]
    return json.dumps([entry.method, entry.url, params, credentials, wanted], sort_keys=True, default=str)
