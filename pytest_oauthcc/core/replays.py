"""What counts once: the ids of client assertions (RFC 7523 section 3) and of DPoP proofs (RFC 9449 section 11.1)."""

from __future__ import annotations

__all__ = ["Replays"]

_FEW = 100  # how many are worth looking through for those that are over


class Replays:
    """Remembers what was used, for as long as it would count; one look costs the same however much that is."""

    def __init__(self) -> None:
        self._until: dict[tuple[str, str], float] = {}
        self._most = _FEW

    def __len__(self) -> int:
        return len(self._until)

    def use(self, owner: str, jti: str, *, until: float, now: float) -> bool:
        """
        Use an id up.

        Args:
            owner: Whose it is; two owners may have the same id.
            jti: The id.
            until: Up to when it would count, in seconds since the epoch.
            now: Seconds since the epoch.

        Returns:
            Whether it was good until now; False where it was used before.
        """
        if len(self._until) > self._most:  # not each time, or a thousand of them would cost a million looks
            self._until = {key: end for key, end in self._until.items() if end > now}
            self._most = 2 * len(self._until) + _FEW
        key = (owner, jti)
        if self._until.get(key, now) > now:
            return False
        self._until[key] = until
        return True
