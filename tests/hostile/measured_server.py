"""A server in a process of its own: prints its port, and for each line on stdin its peak memory and its threads."""

from __future__ import annotations

import resource
import sys
import threading
from pathlib import Path

from pytest_oauthcc import standalone
from pytest_oauthcc.serving.loopback import LoopbackServer


def peak_memory():
    """Return the most memory that this process ever had, in bytes."""
    status = Path("/proc/self/status")  # where there is one: getrusage() may count the memory of the parent process
    if status.exists():
        line = next(line for line in status.read_text(encoding="ascii").splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) * 1024
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return used if sys.platform == "darwin" else used * 1024


def main():
    """Serve until stdin ends."""
    provider = standalone(
        client_id="orders",
        client_secret="s3cret",
        body_formats=["form", "json", "multipart"],
        registration=True,
    )
    with LoopbackServer(provider) as server:
        print(server.port, flush=True)  # noqa: T201 - to the test
        for _ in sys.stdin:
            print(peak_memory(), threading.active_count(), flush=True)  # noqa: T201


if __name__ == "__main__":
    main()
