"""Writes docs/images/*.png from a real run: ``python docs/make_screenshots.py``; needs Chromium."""

from __future__ import annotations

import html
import math
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

IMAGES = Path(__file__).parent / "images"
SWITCHES = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--hide-scrollbars",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--virtual-time-budget=2000",
]
LINE_HEIGHT, CHARACTER_WIDTH = 18, 7.83

# Runs after the report's own script: opens one test alone, at the top of the page.
OPEN = """<script>addEventListener("load", function () {
  document.querySelectorAll("details").forEach(function (test) { test.open = test.id === "t2"; });
});</script></body>"""

TESTS = '''"""A client that drops a scope when it renews its token."""

import pytest
import requests


def fetch_token(oauthcc, scope):
    form = {"grant_type": "client_credentials", "scope": scope}
    answer = requests.post(oauthcc.token_url, data=form, auth=(oauthcc.client_id, oauthcc.client_secret))
    return answer.json()["access_token"]


def call(oauthcc, token):
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{oauthcc.api_url}orders", headers=headers).status_code


def test_a_renewed_token_has_all_scopes(oauthcc):
    call(oauthcc, fetch_token(oauthcc, "read write"))
    oauthcc.clock.advance(hours=2)
    call(oauthcc, fetch_token(oauthcc, "read"))

    oauthcc.assert_token_request(scope="read write", count=2)


def test_a_revoked_token_is_refused(oauthcc):
    token = fetch_token(oauthcc, "read")
    oauthcc.revoke(token)

    assert call(oauthcc, token) == 401


@pytest.mark.oauthcc("keycloak")
def test_an_outage_of_the_token_endpoint(oauthcc):
    oauthcc.token_endpoint.fail(status=503, retry_after=30, times=1)

    with pytest.raises(requests.JSONDecodeError):
        fetch_token(oauthcc, "openid")
    assert call(oauthcc, fetch_token(oauthcc, "openid")) == 200
'''

PAGE = """<!doctype html><meta charset="utf-8"><style>
body {{ margin: 0; background: #1e1f29; }}
pre {{ margin: 0; padding: 18px 22px; color: #e6e6e6; font: 13px/{line}px "DejaVu Sans Mono", monospace; }}
b {{ font-weight: 600; }} .red {{ color: #ff6e6e; }} .green {{ color: #69d58c; }} .yellow {{ color: #f0c674; }}
.blue {{ color: #82aaff; }} .magenta {{ color: #d8a0ff; }} .cyan {{ color: #7fdbca; }} .grey {{ color: #8a8fa3; }}
</style><pre>{text}</pre>"""
COLOURS = {31: "red", 32: "green", 33: "yellow", 34: "blue", 35: "magenta", 36: "cyan", 90: "grey"}
COLOURS |= {code + 60: colour for code, colour in COLOURS.items() if code < 40}  # noqa: PLR2004 - the bright ones


def main() -> None:
    """Run the tests once, and take a picture of the terminal and one of the report."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("there is no Chromium here; apt-get install chromium")
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        printed = _run(folder)
        shown = _part_of_first_failure(printed)
        lines = re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines()
        size = (math.ceil(CHARACTER_WIDTH * max(map(len, lines))) + 44, LINE_HEIGHT * len(lines) + 36)
        page = PAGE.format(line=LINE_HEIGHT, text=_as_html(shown))
        (folder / "terminal.html").write_text(page, encoding="utf-8")
        _take(chromium, folder / "terminal.html", "failure.png", size)
        report = (folder / "report.html").read_text(encoding="utf-8").replace("</body>", OPEN)
        (folder / "opened.html").write_text(report, encoding="utf-8")
        _take(chromium, folder / "opened.html", "report.png", (1000, 900))


def _run(folder: Path) -> str:
    (folder / "test_orders.py").write_text(TESTS, encoding="utf-8")
    options = ["-q", "--color=yes", "--code-highlight=no", "-p", "no:cacheprovider", "-p", "no:asyncio"]
    command = [sys.executable, "-m", "pytest", *options, "--oauthcc-report=report.html"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603
    return done.stdout


def _part_of_first_failure(printed: str) -> str:
    """Return the first failure down to the end of its section of exchanges."""
    lines = printed.splitlines()
    start = next(at for at, line in enumerate(lines) if "test_a_renewed_token_has_all_scopes" in line)
    end = next(at for at, line in enumerate(lines) if "oauthcc report" in line or "short test summary" in line)
    return "\n".join(lines[start:end])


def _as_html(text: str) -> str:
    """Turn the colours of a terminal into elements."""
    parts = re.split(r"\x1b\[([\d;]*)m", html.escape(text, quote=False))
    made, is_open = [parts[0]], 0
    for codes, part in zip(parts[1::2], parts[2::2], strict=True):
        for code in (int(code or 0) for code in codes.split(";")):
            if code == 0:
                made.append("</b>" * is_open)
                is_open = 0
            else:
                made.append(f'<b class="{COLOURS.get(code, "")}">')
                is_open += 1
        made.append(part)
    return "".join([*made, "</b>" * is_open])


def _take(chromium: str, page: Path, name: str, size: tuple[int, int]) -> None:
    """Take a picture of a page in a window of this width and height."""
    switches = [*SWITCHES, f"--user-data-dir={page.parent / 'browser'}", f"--window-size={size[0]},{size[1]}"]
    command = [chromium, *switches, f"--screenshot={IMAGES / name}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)  # noqa: S603


if __name__ == "__main__":
    main()
