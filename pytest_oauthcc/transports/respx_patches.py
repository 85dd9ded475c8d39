"""The patches of ``respx``, made once and then only put in place and taken away."""

from __future__ import annotations

import copy
from typing import Any

__all__ = ["MockerPatches", "httpcore2_mocker", "make_conversion"]


class MockerPatches:
    """
    Starts a mocker of respx at a small part of what its own start costs.

    The first start is respx's own. The functions that it patched in are then kept, and stand in the mocker's
    list of patches as objects with the same ``stop``; respx's state machine does the rest. Wherever something
    does not look as it did then, respx starts in its own way again.
    """

    def __init__(self, mocker: Any) -> None:
        self._mocker = mocker
        self._patches: list[_Patch] = []
        self._made_for: tuple[Any, ...] = ()

    def start(self) -> None:
        """Patch, if the mocker has not done so already for a router of the user's."""
        patches = getattr(self._mocker, "_patches", None)
        if patches:
            return
        if self._patches and self._made_for == self._wanted() and all(patch.fits() for patch in self._patches):
            for patch in self._patches:
                patch.start()
                self._mocker._patches.append(patch)  # noqa: SLF001 - learned from it below, so it is there
            return
        self._mocker.start()
        self._patches = self._learn()
        self._made_for = self._wanted()

    def _wanted(self) -> tuple[Any, ...]:
        return tuple(self._mocker.targets), tuple(self._mocker.target_methods)

    def _learn(self) -> list[_Patch]:
        """Replace the patches that respx has just started by ours; return none where they look unfamiliar."""
        started: Any = getattr(self._mocker, "_patches", None)
        try:
            learned = [_Patch(patch) for patch in started or ()]
        except (AttributeError, KeyError, TypeError):
            return []
        if learned:
            started[:] = learned
        return learned


class _Patch:
    """One method of httpcore's, with the function that respx put there."""

    def __init__(self, started: Any) -> None:
        self._owner = started.target
        self._name = started.attribute
        self._own = started.is_local
        self._original = started.temp_original
        self._patched = vars(self._owner)[self._name]

    def fits(self) -> bool:
        """Whether what is there now is what respx found when it made the patch."""
        current = vars(self._owner).get(self._name)
        return current is (self._original if self._own else None)

    def start(self) -> None:
        setattr(self._owner, self._name, self._patched)

    def stop(self) -> None:
        if vars(self._owner).get(self._name) is not self._patched:
            return  # somebody has put back what was there before them
        if self._own:
            setattr(self._owner, self._name, self._original)
        else:
            delattr(self._owner, self._name)


def httpcore2_mocker() -> Any:
    """Return the mocker for httpx2: the one that is registered, or else a new one made from that for httpx."""
    from respx.mocks import HTTPCoreMocker, Mocker

    if "httpcore2" not in Mocker.registry:
        targets = [target.replace("httpcore.", "httpcore2.", 1) for target in HTTPCoreMocker.targets]
        own = {"name": "httpcore2", "targets": targets, "to_httpx_request": vars(HTTPCoreMocker)["to_httpx_request"]}
        type("HTTPCore2Mocker", (HTTPCoreMocker,), own)
    return Mocker.registry["httpcore2"]


def make_conversion(original: Any) -> Any:
    """
    Have respx convert requests whose target is no path: those to a proxy, and those with one of the client's making.

    It writes host and target one after the other, so that CONNECT becomes no URL at all, and ``@`` another host.
    What goes to a proxy is converted as the request to its destination, since that says whether it may be sent.

    Args:
        original: The class method ``to_httpx_request`` of a mocker.

    Returns:
        What is to stand in its place.
    """

    def to_httpx_request(mocker: Any, /, **options: Any) -> Any:
        request = options["request"]
        if not request.url.target.startswith(b"/"):
            request = copy.copy(request)
            request.url = _destination(request)
        return original.__func__(mocker, **{**options, "request": request})

    return classmethod(to_httpx_request)


def _destination(request: Any) -> Any:
    """Return where a request goes in the end, as a URL of the httpcore that made it."""
    url, target = request.url, request.url.target
    if "target" not in request.extensions:  # with one of the client's making, the host says where it goes
        if request.method == b"CONNECT":
            host, _, port = target.rpartition(b":")
            return type(url)(scheme=b"https", host=host.strip(b"[]"), port=int(port), target=b"/")
        if target.startswith(b"http://"):
            return type(url)(target)
    return type(url)(scheme=url.scheme, host=url.host, port=url.port, target=b"/")
