"""The routes of the fake API, found at a cost that does not grow with their number."""

from __future__ import annotations

import json as json_module
import threading
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlencode

from pytest_oauthcc.core.scripted import Scripted
from pytest_oauthcc.core.templates import OMIT
from pytest_oauthcc.errors import OptionError
from pytest_oauthcc.masking import mask_json, mask_params

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pytest_oauthcc.core.journal import ApiRequest

__all__ = ["METHODS", "Route", "RouteTable"]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")


class Route(Scripted):
    """
    One route of the fake API; its verbs (``fail``, ``reply``...) script it.

    Without a script it answers 200 and ``{}`` to a good token.

    Args:
        method: In capitals; None takes any.
        path: Below ``api_url``; ``{name}`` matches one segment.
        params: Query parameters that have to be there with these values; others don't matter.
        json: The JSON body that has to be there.
    """

    __module__ = "pytest_oauthcc"

    def __init__(self, method: str | None, path: str, params: Mapping[str, Any], json: Any) -> None:
        super().__init__()
        self.method = method
        self.path = path
        self.params = {name: _as_query(value) for name, value in params.items()}
        self.json = json

    @property
    def precision(self) -> int:
        """How much the route looks at beside method and path; the most exact one that matches is taken."""
        return len(self.params) + (self.json is not OMIT) + (self.method is not None)

    def matches(self, request: ApiRequest) -> bool:
        """Whether a request to this route's path is one for it."""
        if self.method is not None and request.method != self.method:
            return False
        if self.json is not OMIT and request.json != self.json:
            return False
        if not self.params:
            return True
        query = request.params
        return all(name in query and query[name] == value for name, value in self.params.items())

    def __repr__(self) -> str:
        query = urlencode(mask_params(self.params), doseq=True)
        body = "" if self.json is OMIT else f" with json={mask_json(self.json)!r}"
        return f"<route {self.method or 'any method'} {self.path}{'?' + query if query else ''}{body}>"


class _Node:
    """One step of the path; ``children`` by segment, ``any`` for a ``{name}``."""

    __slots__ = ("any", "children", "routes")

    def __init__(self) -> None:
        self.children: dict[str, _Node] = {}
        self.any: _Node | None = None
        self.routes: list[Route] = []


class RouteTable:
    """All routes of one API as a tree of path segments; tests may declare more while requests come in."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._root = _Node()
        self._known: dict[tuple[str | None, str, str, str], Route] = {}

    def __len__(self) -> int:
        return len(self._known)

    def __iter__(self) -> Iterator[Route]:
        return iter(list(self._known.values()))  # a copy: others may be declared meanwhile

    def declare(self, method: str | None, path: str, params: Mapping[str, Any] | None, json: Any) -> Route:
        """
        Return the route with these marks, a new one or the one that was declared before.

        Raises:
            OptionError: The path has a query or is a URL.
        """
        __tracebackhide__ = True
        if not isinstance(path, str) or "://" in path or "?" in path or "#" in path:
            raise OptionError(
                f"path is {path!r}; it is the part below api_url, such as '/orders/{{id}}'; "
                "what the query has to be goes into params={...}"
            )
        key = (method, path.strip("/"), repr(sorted((params or {}).items())), _dump(json))
        with self._lock:
            route = self._known.get(key)
            if route is None:
                route = self._known[key] = Route(method, "/" + path.strip("/"), params or {}, json)
                self._plant(route)
        return route

    def _plant(self, route: Route) -> None:
        node = self._root
        for segment in _segments(route.path):
            if segment.startswith("{") and segment.endswith("}"):
                node.any = node.any or _Node()
                node = node.any
            else:
                node = node.children.setdefault(unquote(segment), _Node())
        # A new list, for a request may be looking at this one. Stable: the newest of equals comes first.
        node.routes = sorted([route, *node.routes], key=lambda other: -other.precision)

    def find(self, request: ApiRequest) -> Route | None:
        """Return the route for a request, or None."""
        return self._find(self._root, [unquote(segment) for segment in _segments(request.path)], 0, request)

    def _find(self, node: _Node, segments: list[str], depth: int, request: ApiRequest) -> Route | None:
        if depth == len(segments):
            return next((route for route in node.routes if route.matches(request)), None)
        child = node.children.get(segments[depth])
        found = None if child is None else self._find(child, segments, depth + 1, request)
        if found is None and node.any is not None:
            found = self._find(node.any, segments, depth + 1, request)
        return found


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _as_query(value: Any) -> str | list[str]:
    """Write a value as it stands in a query; a list for one that comes several times."""
    if not isinstance(value, list | tuple):
        return str(value)
    return str(value[0]) if len(value) == 1 else [str(item) for item in value]


def _dump(json: Any) -> str:
    return "" if json is OMIT else json_module.dumps(json, sort_keys=True, default=repr)
