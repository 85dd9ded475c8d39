"""The page in a real browser: what the script does, and that it fits a screen and a phone."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess

import pytest
from report_run import whole_run

from pytest_oauthcc.explain.html import render

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("OAUTHCC_NEEDS_CHROMIUM"),
    reason="there is no Chromium here; apt-get install chromium has these tests run",
)

SWITCHES = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
]

# Runs after the page's own script and tells the page around it what it found.
PROBE = """
<script>
function luminance(color) {
  var parts = color.match(/[\\d.]+/g).slice(0, 3).map(function (part) {
    var value = part / 255;
    return value <= 0.03928 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4);
  });
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
}
function contrast() {  // the least of all cells of the drift table, as WCAG counts it
  var back = luminance(getComputedStyle(document.querySelector(".drift")).backgroundColor);
  return Math.min.apply(null, Array.from(document.querySelectorAll(".drift tbody th, .drift td, .drift a")).map(function (cell) {
    var ink = luminance(getComputedStyle(cell).color);
    return (Math.max(ink, back) + 0.05) / (Math.min(ink, back) + 0.05);
  }));
}
window.addEventListener("load", function () {
  var shown = function () {
    return Array.from(document.querySelectorAll(".test")).filter(function (t) { return !t.hidden; })
      .map(function (t) { return t.dataset.outcome; });
  };
  var found = { width: innerWidth, overflow: document.documentElement.scrollWidth - innerWidth };
  found.before = shown();
  var rows = document.querySelectorAll(".drift tbody tr");
  found.drift = Array.from(rows).map(function (row) { return row.cells.length; });
  found.drift_fits = Array.from(document.querySelectorAll(".drift th, .drift td")).every(function (cell) {
    var box = cell.getBoundingClientRect();
    return cell.scrollWidth <= cell.clientWidth && box.left >= 0 && box.right <= innerWidth;
  });
  found.drift_stacked = rows[0].cells[1].getBoundingClientRect().top > rows[0].cells[0].getBoundingClientRect().top;
  found.contrast_light = contrast();
  found.back = getComputedStyle(document.body).backgroundColor;
  document.querySelector(".theme").click();
  document.querySelector(".theme").click();
  found.theme = document.documentElement.dataset.theme;
  found.dark = getComputedStyle(document.body).backgroundColor;
  found.contrast_dark = contrast();
  document.querySelector(".filter .passed").click();
  found.passed = shown();
  found.status = document.querySelector(".shown").textContent;
  document.querySelector(".filter .passed").click();
  found.again = shown();
  var search = document.querySelector("input[type=search]");
  search.value = "TWO"; search.dispatchEvent(new Event("input"));
  found.search = shown();
  document.querySelector(".open-all").click();
  found.opened = document.querySelector("#t3").open;
  document.querySelector(".open-all").click();
  found.closed = !document.querySelector("#t3").open;
  location.hash = "#t2";
  setTimeout(function () {
    found.followed = document.querySelector("#t2").open && !document.querySelector("#t2").hidden;
    found.focused = document.activeElement.parentElement.id;
    document.querySelectorAll("details").forEach(function (d) { d.open = true; });
    found.all_open_overflow = document.documentElement.scrollWidth - innerWidth;
    found.unreachable = Array.from(document.querySelectorAll("button, a, input, summary"))
      .filter(function (e) { return e.tabIndex < 0; }).length;
    parent.postMessage(JSON.stringify(found), "*");
  }, 0);
});
</script>
"""

# No window of Chromium is narrower than 500 pixels, but a frame is.
FRAME = """<!doctype html>
<iframe src="report.html" style="border:0;width:{width}px;height:900px"></iframe>
<script>addEventListener("message", function (event) {{
  var result = document.createElement("pre");
  result.id = "probe"; result.textContent = event.data; document.body.appendChild(result);
}});</script>
"""


def browse(tmp_path, file, width, *switches):
    """Open a file and return what Chromium prints."""
    command = [CHROMIUM, *SWITCHES, f"--user-data-dir={tmp_path / 'profile'}", f"--window-size={width},900", *switches]
    done = subprocess.run([*command, file.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    return done.stdout


@pytest.mark.parametrize("width", [1280, 390])
def test_the_page_works_and_fits(tmp_path, width):
    """Theme, filter, search, links and disclosure work from a file, and nothing is wider than the window."""
    page = render(whole_run()).replace("</body>", PROBE + "</body>")
    (tmp_path / "report.html").write_text(page, "utf-8")
    frame = tmp_path / "frame.html"
    frame.write_text(FRAME.format(width=width), "utf-8")
    dom = browse(tmp_path, frame, 1400, "--virtual-time-budget=2000", "--dump-dom")
    found = json.loads(re.search(r'<pre id="probe">(.*?)</pre>', dom).group(1))
    everything = ["failed", "passed", "skipped", "passed", "xpassed"]
    assert found.pop("back") != found.pop("dark")
    assert found.pop("contrast_light") >= 4.5
    assert found.pop("contrast_dark") >= 4.5
    assert found == {
        "width": width,
        "overflow": 0,
        "before": everything,
        "drift": [4, 4, 4],
        "drift_fits": True,
        "drift_stacked": width < 760,
        "theme": "dark",
        "passed": ["passed", "passed"],
        "status": "2 of 5 tests shown",
        "again": everything,
        "search": ["skipped"],
        "opened": True,
        "closed": True,
        "followed": True,
        "focused": "t2",
        "all_open_overflow": 0,
        "unreachable": 0,
    }


@pytest.mark.parametrize("width", [1280, 390])
def test_a_screenshot_can_be_taken(tmp_path, width):
    """The page draws something at the width of a screen and of a phone."""
    picture = tmp_path / "picture.png"
    file = tmp_path / "report.html"
    file.write_text(render(whole_run()), "utf-8")
    browse(tmp_path, file, width, f"--screenshot={picture}")
    assert picture.stat().st_size > 20_000
