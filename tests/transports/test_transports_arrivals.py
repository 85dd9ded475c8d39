# ruff: noqa: D102, ARG004, ARG005
"""The watch over imports and the installation that it serves, with made-up libraries in this process."""

from __future__ import annotations

import importlib
import importlib.machinery
import importlib.util
import sys
import types

import pytest

from pytest_oauthcc.transports import installation as module
from pytest_oauthcc.transports.installation import Installation
from pytest_oauthcc.transports.late_imports import ImportWatch
from pytest_oauthcc.transports.swaps import Swap

CLIENT, STUB, EXTRA = "oauthcc_made_up_client", "oauthcc_made_up_stub", "oauthcc_made_up_extra"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder for made-up libraries, which are forgotten again."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    yield tmp_path
    for name in (CLIENT, STUB, EXTRA):
        sys.modules.pop(name, None)


@pytest.fixture
def watch():
    """A watch for two libraries, with a list of what arrived."""
    arrived = []
    watch = ImportWatch({CLIENT, STUB}, arrived.append)
    watch.arrived = arrived
    watch.start()
    yield watch
    watch.stop()


def test_an_arrival_is_told_after_the_code_has_run(folder, watch):
    """A module is announced when all of it is there, and keeps no trace of the watch."""
    (folder / f"{CLIENT}.py").write_text("ready = True")
    watch._arrived = lambda name: watch.arrived.append((name, sys.modules[name].ready))

    imported = importlib.import_module(CLIENT)

    assert watch.arrived == [(CLIENT, True)]
    assert isinstance(imported.__spec__.loader, importlib.machinery.SourceFileLoader)
    assert imported.__loader__ is imported.__spec__.loader


def test_an_inner_import_arrives_first(folder, watch):
    """While a module runs, that is known; what it imports arrives before it."""
    (folder / f"{CLIENT}.py").write_text("")
    (folder / f"{STUB}.py").write_text(f"import {CLIENT}")
    watch._arrived = lambda name: watch.arrived.append((name, watch.is_importing(STUB)))

    importlib.import_module(STUB)

    assert watch.arrived == [(CLIENT, True), (STUB, False)]


def test_a_module_that_breaks(folder, watch):
    """A module whose code raises has not arrived, and is no longer being imported."""
    (folder / f"{CLIENT}.py").write_text("1 / 0")

    with pytest.raises(ZeroDivisionError):
        importlib.import_module(CLIENT)

    assert watch.arrived == []
    assert not watch.is_importing(CLIENT)


def test_a_watch_that_ends_meanwhile(folder, watch):
    """A module whose import outlasts the watch is not announced."""
    (folder / f"{CLIENT}.py").write_text("import sys; sys.modules['oauthcc_watch'].stop()")
    sys.modules["oauthcc_watch"] = watch
    try:
        importlib.import_module(CLIENT)
    finally:
        del sys.modules["oauthcc_watch"]

    assert watch.arrived == []


def test_other_modules_and_absent_ones(folder, watch):
    """What nobody waits for is not touched, and what is not there stays absent."""
    (folder / f"{EXTRA}.py").write_text("")

    importlib.import_module(EXTRA)

    assert importlib.util.find_spec(CLIENT) is None
    assert watch.arrived == []


def test_a_spec_can_be_looked_at(folder, watch):
    """A spec that is only looked at answers as its own loader would, and imports nothing."""
    (folder / f"{CLIENT}.py").write_text("")

    spec = importlib.util.find_spec(CLIENT)

    assert spec.loader.get_filename(CLIENT) == spec.origin
    assert importlib.util.module_from_spec(spec).__name__ == CLIENT
    assert watch.arrived == []


def test_a_module_without_a_spec_of_its_own(folder, watch):
    """A loader that is used by hand on a bare module runs it all the same."""
    (folder / f"{CLIENT}.py").write_text("ready = True")
    bare = types.ModuleType(CLIENT)

    importlib.util.find_spec(CLIENT).loader.exec_module(bare)

    assert bare.ready
    assert watch.arrived == [CLIENT]


def test_a_spec_without_a_loader(watch, monkeypatch):
    """A finder whose spec has nothing to run is left alone."""

    class Finder:
        @staticmethod
        def find_spec(name, path=None, target=None):
            return importlib.machinery.ModuleSpec(name, None) if name == CLIENT else None

    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path, Finder])

    assert importlib.util.find_spec(CLIENT).loader is None


def test_two_watches(folder, watch):
    """Two watches both hear of the same module."""
    (folder / f"{CLIENT}.py").write_text("")
    second = []
    inner = ImportWatch({CLIENT}, second.append)
    inner.start()
    inner.start()
    try:
        importlib.import_module(CLIENT)
    finally:
        inner.stop()

    assert (watch.arrived, second) == ([CLIENT], [CLIENT])


class MadeUp:
    """A transport that notes what happens to it."""

    def __init__(self, events, name):
        self.events, self.library = events, name

    def install(self):
        self.events.append(f"+{self.library}")

    def uninstall(self):
        self.events.append(f"-{self.library}")


@pytest.fixture
def made_up(monkeypatch, folder, board):
    """An installation that knows one library, built on another that imports it, and a companion of both."""
    events = []
    monkeypatch.setattr(module, "_MAKERS", {CLIENT: lambda board, *, cheap_ssl: MadeUp(events, CLIENT)})
    monkeypatch.setattr(module, "_BUILT_ON", {CLIENT: STUB})
    monkeypatch.setattr(module, "_COMPANIONS", {STUB: (CLIENT,), EXTRA: (CLIENT,)})
    (folder / f"{CLIENT}.py").write_text("")
    (folder / f"{STUB}.py").write_text(f"import {CLIENT}")
    (folder / f"{EXTRA}.py").write_text("")
    installation = Installation(board)
    installation.events = events
    installation.start()
    yield installation
    installation.stop()


@pytest.mark.parametrize("first", [CLIENT, STUB])
def test_installed_when_both_are_whole(made_up, first):
    """Whichever is imported first, the transport comes when the library and what it is built on are there."""
    importlib.import_module(first)

    assert set(made_up.events) == {f"+{CLIENT}"}
    assert STUB in sys.modules
    assert list(made_up._transports) == [CLIENT]


def test_a_companion_has_it_installed_again(made_up):
    """A companion's arrival gives the transport a chance to patch more, but only where there is one."""
    importlib.import_module(EXTRA)
    assert made_up.events == []

    importlib.import_module(CLIENT)
    sys.modules.pop(EXTRA)
    made_up.events.clear()
    importlib.import_module(EXTRA)

    assert made_up.events == [f"+{CLIENT}"]


def test_a_start_that_fails_takes_everything_back(made_up, monkeypatch):
    """Where one transport fails the others are uninstalled, and nobody watches imports any more."""
    importlib.import_module(CLIENT)
    made_up.stop()
    made_up.events.clear()
    monkeypatch.setattr(MadeUp, "install", lambda self: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        made_up.start()

    assert made_up.events == [f"-{CLIENT}"]
    assert made_up._watch not in sys.meta_path


def test_a_stop_that_fails_goes_on(made_up, monkeypatch):
    """Where one transport can't be uninstalled the others are, and the error is told."""
    importlib.import_module(CLIENT)
    made_up._transports["another"] = MadeUp(made_up.events, "another")
    made_up.events.clear()
    with monkeypatch.context() as patch:
        patch.setattr(made_up._transports["another"], "uninstall", lambda: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            made_up.stop()

    assert made_up.events == [f"-{CLIENT}"]
    assert made_up._watch not in sys.meta_path


class Owner:
    """Something with a method."""

    def method(self):
        return "original"


def test_a_swap_of_what_is_not_there():
    """An attribute that does not exist is left absent."""
    swap = Swap(Owner, "absent", lambda original: original)
    swap.put()
    swap.take()

    assert not hasattr(Owner, "absent")


def test_a_swap_under_somebody_else(monkeypatch):
    """What somebody put over ours stays, and what they put back is taken for ours again."""
    original = Owner.method
    swap = Swap(Owner, "method", lambda original: lambda self: original(self) + " and more")
    swap.put()
    ours = Owner.method
    monkeypatch.setattr(Owner, "method", lambda self: "theirs")
    swap.take()
    assert Owner().method() == "theirs"

    monkeypatch.undo()
    assert Owner.method is ours
    swap.put()
    assert Owner().method() == "original and more"
    swap.take()
    assert Owner.method is original
