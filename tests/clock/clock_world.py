"""A look at everything that a clock replaces."""

from __future__ import annotations

import asyncio
import copyreg
import datetime as dt
import time
import uuid
from asyncio.base_events import BaseEventLoop

import freezegun.api
import time_machine
import trio

_STACK = "traveller_stack" if hasattr(time_machine, "traveller_stack") else "coordinates_stack"  # before 3


def state_of_the_world():
    """All that a clock replaces, by identity."""
    api = freezegun.api
    return {
        "lists": [list(stack) for stack in (api.freeze_factories, api.ignore_lists, api.tick_flags, api.tz_offsets)],
        "travellers": list(getattr(time_machine, _STACK)),
        "time": tuple(item for item in vars(time).items() if item[0] != "clock"),  # freezegun adds that one
        "datetime": tuple(vars(dt).items()),
        "asyncio": (asyncio.sleep, asyncio.tasks.sleep, BaseEventLoop.time),
        "trio": (trio.sleep, trio._timeouts.sleep, trio._core._run.perf_counter),
        "copyreg": dict(copyreg.dispatch_table),
        "uuid": (uuid._generate_time_safe, uuid._UuidCreate),
        "freezegun": (api.sys, api._get_fake_monotonic, api._get_fake_monotonic_ns, api._freeze_time.stop),
    }
