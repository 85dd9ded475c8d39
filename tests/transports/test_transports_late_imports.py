"""Libraries that are imported while the transports are in place, and those that never are."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from pytest_oauthcc.transports.late_imports import ImportWatch

PREAMBLE = f"""
import sys
sys.path.insert(0, {str(Path(__file__).parent)!r})
from urllib.parse import urlsplit
from pytest_oauthcc.core.messages import Answer, Response
from pytest_oauthcc.transports.installation import Installation

class Board:
    lets_through = False

    def claims(self, url):
        return urlsplit(url).hostname == "auth.fake.test"
    def answer(self, request, *, stubs_below):
        return Answer(Response(200, (), request.via.encode())) if self.claims(request.url) else None

OURS = "https://auth.fake.test/token"
finders = list(sys.meta_path)
installation = Installation(Board())
installation.start()
patched = lambda: sorted(installation._transports)
"""


def run(code):
    """Run a program in a fresh interpreter, and return what it prints."""
    program = PREAMBLE + textwrap.dedent(code)
    done = subprocess.run([sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout.split("\n")[:-1]


@pytest.mark.parametrize(
    ("first", "library", "get"),
    [
        ("requests", "requests", "requests.get(OURS).text"),
        ("responses", "requests", "__import__('requests').get(OURS).text"),
        ("httpx", "httpx", "httpx.get(OURS).text"),
        ("respx", "httpx", "__import__('httpx').get(OURS).text"),
        ("httpx2", "httpx2", "httpx2.get(OURS).text"),
        ("urllib.request", "urllib.request", "urllib.request.urlopen(OURS).read().decode()"),
    ],
)
def test_a_library_that_comes_later(first, library, get):
    """A library is faked right after its import, also where a stub library brings it along."""
    if importlib.util.find_spec(first) is None:
        pytest.skip(f"{first} is not installed")
    printed = run(f"""
        assert {library!r} not in patched(), patched()
        import {first}
        assert {library!r} in patched(), patched()
        print({get})
        module = sys.modules[{first!r}]
        print(type(module.__spec__.loader).__name__, module.__loader__ is module.__spec__.loader)
        installation.stop()
        assert sys.meta_path == finders
    """)

    assert printed == [library, "SourceFileLoader True"]


def test_a_stub_library_that_comes_later():
    """requests_mock knows of ours, though it was imported after the start."""
    if importlib.util.find_spec("requests_mock") is None:
        pytest.skip("requests_mock is not installed")
    printed = run("""
        import requests
        import requests_mock
        with requests_mock.Mocker() as mock:
            print(requests.get(OURS).text)
        installation.stop()
    """)

    assert printed == ["requests"]


def test_nothing_that_is_not_used_is_imported():
    """Starting and stopping imports no HTTP library and patches none that is not there."""
    printed = run("""
        print(patched())
        installation.stop()
        print(sorted({"requests", "responses", "httpx", "respx", "httpcore", "urllib3"} & set(sys.modules)))
    """)

    assert printed == ["[]", "[]"]


def test_an_import_after_the_stop():
    """A library that is imported after the stop is not touched."""
    printed = run("""
        installation.stop()
        import requests
        print(patched(), requests.adapters.HTTPAdapter.send.__module__)
    """)

    assert printed == ["[] requests.adapters"]


def test_a_stop_during_an_import(tmp_path):
    """A library whose import is still going on at the stop is not touched either."""
    (tmp_path / "httpx2").mkdir()
    (tmp_path / "httpx2" / "__init__.py").write_text("import __main__; __main__.installation.stop()")
    printed = run(f"""
        sys.path.insert(0, {str(tmp_path)!r})
        sys.modules.pop("httpx2", None)
        import httpx2
        print("httpx2" in patched(), sys.meta_path == finders)
    """)

    assert printed == ["False True"]


def test_an_import_that_fails(tmp_path):
    """A library that breaks while it is imported does so as ever, and may be tried again."""
    (tmp_path / "httpx2.py").write_text("raise RuntimeError('broken')")
    printed = run(f"""
        sys.path.insert(0, {str(tmp_path)!r})
        for _ in range(2):
            try:
                import httpx2
            except RuntimeError as error:
                print(error, installation._watch.is_importing("httpx2"))
    """)

    assert printed == ["broken False", "broken False"]


def test_a_library_that_is_not_installed():
    """Looking for a library that is not there says so as ever."""
    printed = run("""
        import importlib.util
        sys.path[:] = []
        sys.path_importer_cache.clear()
        print(importlib.util.find_spec("requests_mock"))
    """)

    assert printed == ["None"]


def test_a_spec_that_somebody_only_looks_at():
    """A spec that is looked up without an import can be asked what its own loader can be asked."""
    printed = run("""
        import importlib.util
        spec = importlib.util.find_spec("requests")
        print(spec.loader.get_filename("requests") == spec.origin, patched())
        module = importlib.util.module_from_spec(spec)
        print(module.__name__)
    """)

    assert printed == ["True []", "requests"]


def test_a_namespace_package(tmp_path):
    """A folder of that name, which has no code to run, is imported as ever."""
    (tmp_path / "pytest_httpx").mkdir()
    printed = run(f"""
        sys.path.insert(0, {str(tmp_path)!r})
        sys.path[:] = [{str(tmp_path)!r}]
        sys.path_importer_cache.clear()
        import pytest_httpx
        print(list(pytest_httpx.__path__) == [{str(tmp_path / "pytest_httpx")!r}])
    """)

    assert printed == ["True"]


def test_a_finder_that_knows_only_the_old_ways():
    """A finder whose specs have no loader to speak of is left alone."""
    printed = run("""
        import importlib.machinery
        class Finder:
            @staticmethod
            def find_spec(name, path=None, target=None):
                if name == "pytest_httpx":
                    return importlib.machinery.ModuleSpec(name, None, is_package=True)
        sys.meta_path.insert(1, Finder)
        import pytest_httpx
        print(pytest_httpx.__spec__.loader)
    """)

    assert printed[0] != ""


def test_a_transport_that_fails(tmp_path):
    """If one transport can't be installed, the others are taken back before the error is told."""
    printed = run("""
        installation.stop()
        import requests
        import httpx
        class Broken:
            def install(self): raise RuntimeError("broken")
            def uninstall(self): print("uninstalled")
        installation._transports["httpx2"] = Broken()
        sys.modules["httpx2"] = httpx
        try:
            installation.start()
        except RuntimeError as error:
            print(error)
        print(requests.adapters.HTTPAdapter.send.__module__, sys.meta_path == finders)
    """)

    assert printed == ["uninstalled", "broken", "requests.adapters True"]


def test_a_stop_while_another_thread_imports():
    """A thread that is on its way through the finders gets nothing from a watch that has stopped."""
    watch = ImportWatch({"wave"}, print)
    assert watch.find_spec("wave") is None
    watch.start()
    try:
        assert watch.find_spec("wave") is not None
    finally:
        watch.stop()
    assert watch.find_spec("wave") is None
