"""Three small drivers that let one client speak through requests, through httpx, and through asynchronous httpx."""

# ruff: noqa: D102 - the animals' methods are named for what they do

from __future__ import annotations

import asyncio
import threading
import time
import weakref
from typing import Any

import httpx
import requests
from zoo_client import Answer, Flow, Lock, NetworkError, Pause, Right, Send, Unlock

_open: list[requests.Session | httpx.Client] = []


def close_all() -> None:
    """Close the connections of all synchronous drivers, also of those that were unpickled."""
    while _open:
        _open.pop().close()


class RequestsDriver:
    """Runs a client on requests."""

    def __init__(self, client: Right) -> None:
        self.client = client
        self.session = requests.Session()
        self.lock = threading.Lock()
        _open.append(self.session)

    def orders(self) -> Any:
        return self.run(self.client.call())

    def send_body(self, body: Any) -> Any:
        return self.run(self.client.call("POST", body=body))

    def run(self, flow: Flow) -> Any:
        reply, error = None, None
        while True:
            try:
                step = flow.send(reply) if error is None else flow.throw(error)
            except StopIteration as end:
                return end.value
            reply, error = None, None
            try:
                reply = self.do(step)
            except BaseException as raised:  # noqa: BLE001 - the flow gives its lock back, whatever happened
                error = raised

    def do(self, step: Any) -> Answer | None:
        if isinstance(step, Lock):
            self.lock.acquire()
        elif isinstance(step, Unlock):
            self.lock.release()
        elif isinstance(step, Pause):
            time.sleep(step.seconds)
        else:
            return self.send(step)
        return None

    def send(self, step: Send) -> Answer:
        return send_with_requests(self.session, step)

    def __getstate__(self) -> dict[str, Any]:
        return {"client": self.client}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["client"])


def send_with_requests(session: requests.Session, step: Send) -> Answer:
    session.trust_env = step.trust_env
    try:
        response = session.request(
            step.method,
            step.url,
            headers=step.headers,
            data=step.body,
            timeout=step.timeout,
            allow_redirects=step.follow_redirects,
            verify=step.verify,
        )
    except requests.RequestException as error:
        raise NetworkError(f"{type(error).__name__} at {step.url}") from error
    return Answer(
        response.status_code, {name.lower(): value for name, value in response.headers.items()}, response.content
    )


def send_alone_with_requests(step: Send) -> Answer:
    with requests.Session() as session:
        return send_with_requests(session, step)


class HttpxDriver(RequestsDriver):
    """Runs a client on httpx."""

    def __init__(self, client: Right) -> None:
        self.client = client
        self.lock = threading.Lock()
        self.http = httpx.Client(trust_env=False, verify=client.tls_context())
        _open.append(self.http)

    def send(self, step: Send) -> Answer:
        if step.trust_env or not step.verify:
            return send_alone_with_requests(step)  # httpx itself has no such mistake to make
        try:
            response = self.http.request(
                step.method,
                step.url,
                headers=step.headers,
                content=step.body,
                timeout=step.timeout,
                follow_redirects=step.follow_redirects,
            )
        except httpx.HTTPError as error:
            raise NetworkError(f"{type(error).__name__} at {step.url}") from error
        return Answer(response.status_code, dict(response.headers), response.content)


class AsyncHttpxDriver:
    """Runs a client on asynchronous httpx."""

    def __init__(self, client: Right) -> None:
        self.client = client
        self.locks: weakref.WeakKeyDictionary[Any, asyncio.Lock] = weakref.WeakKeyDictionary()
        self.http = httpx.AsyncClient(trust_env=False, verify=client.tls_context())

    def lock(self) -> asyncio.Lock:
        return self.locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())

    async def orders(self) -> Any:
        return await self.run(self.client.call())

    async def send_body(self, body: Any) -> Any:
        return await self.run(self.client.call("POST", body=body))

    async def run(self, flow: Flow) -> Any:
        reply, error = None, None
        while True:
            try:
                step = flow.send(reply) if error is None else flow.throw(error)
            except StopIteration as end:
                return end.value
            reply, error = None, None
            try:
                reply = await self.do(step)
            except BaseException as raised:  # noqa: BLE001 - the flow gives its lock back, whatever happened
                error = raised

    async def do(self, step: Any) -> Answer | None:
        if isinstance(step, Lock):
            await self.lock().acquire()
        elif isinstance(step, Unlock):
            self.lock().release()
        elif isinstance(step, Pause):
            await asyncio.sleep(step.seconds)
        elif step.blocking or step.trust_env or not step.verify:
            return send_alone_with_requests(step)
        else:
            return await self.send(step)
        return None

    async def send(self, step: Send) -> Answer:
        if isinstance(step.verify, str):  # connections that are kept could not be closed on another event loop
            async with httpx.AsyncClient(trust_env=False, verify=self.client.tls_context()) as http:
                return await self.send_on(http, step)
        return await self.send_on(self.http, step)

    async def send_on(self, http: httpx.AsyncClient, step: Send) -> Answer:
        try:
            response = await http.request(
                step.method,
                step.url,
                headers=step.headers,
                content=step.body,
                timeout=step.timeout,
                follow_redirects=step.follow_redirects,
            )
        except httpx.HTTPError as error:
            raise NetworkError(f"{type(error).__name__} at {step.url}") from error
        return Answer(response.status_code, dict(response.headers), response.content)

    def __getstate__(self) -> dict[str, Any]:
        return {"client": self.client}

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__init__(state["client"])


DRIVERS = {"requests": RequestsDriver, "httpx": HttpxDriver, "async-httpx": AsyncHttpxDriver}
