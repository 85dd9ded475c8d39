"""What the tests need of npm: installed once per lock file, into a folder that all workers and runs share."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

HERE = Path(__file__).parent
FILES = ("package.json", "package-lock.json")
GIVEN = "OAUTHCC_NODE_MODULES"
"""Names a folder ``node_modules`` in which the packages are already."""


def node_modules() -> Path:
    """
    Return the folder ``node_modules`` with the packages of package.json; install them where nobody has.

    Without Node.js, or where npm can't install, the test is skipped; on CI, where everything has to run, it fails.
    """
    if os.environ.get(GIVEN):
        return Path(os.environ[GIVEN])
    give_up = pytest.fail if os.environ.get("CI") else pytest.skip
    if not shutil.which("node") or not shutil.which("npm"):
        give_up("needs Node.js 20 or later with npm, and there is none")
    lock = hashlib.sha256((HERE / "package-lock.json").read_bytes()).hexdigest()[:12]
    shared = Path(tempfile.gettempdir()) / f"oauthcc-npm-{lock}-{os.getuid()}"
    if not shared.is_dir():
        mine = Path(tempfile.mkdtemp(prefix="oauthcc-npm-"))
        for name in FILES:
            shutil.copy(HERE / name, mine)
        command = ["npm", "ci", "--silent", "--no-audit", "--no-fund", "--prefix", str(mine)]
        result = subprocess.run(command, capture_output=True, text=True, timeout=240, check=False)
        if result.returncode:
            shutil.rmtree(mine)
            give_up(f"npm can't install the packages of {HERE / FILES[0]}: {result.stderr[-500:]}")
        try:
            mine.rename(shared)
        except OSError:  # another worker was faster
            shutil.rmtree(mine)
    return shared / "node_modules"
