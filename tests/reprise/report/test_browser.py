"""The page in a real browser: style applied, pictures drawn, links resolved, no script run."""

import json
import re
import subprocess
from html import unescape

import pytest
from matplotlib.image import imread

from reprise.report.html import build

pytestmark = pytest.mark.chromium

FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--hide-scrollbars",
    "--allow-file-access-from-files",
)

# A page around the report reads it from outside: inside, scripts are forbidden.
PROBE = """<!doctype html><iframe src="report.html" width="1200" height="2000"></iframe><pre></pre>
<script>
addEventListener("load", () => {
  const inner = document.querySelector("iframe");
  const page = inner.contentDocument;
  document.querySelector("pre").textContent = JSON.stringify({
    images: [...page.images].map(i => [i.complete, i.naturalWidth, i.width > 0 && i.height > 0]),
    dangling: [...page.querySelectorAll('a[href^="#"]')].map(a => a.getAttribute("href").slice(1))
      .filter(id => !page.getElementById(id)),
    inner: page.querySelectorAll('a[href^="#"]').length,
    scripts: page.scripts.length,
    title: page.title,
    pwned: Boolean(inner.contentWindow.pwned || window.pwned),
    position: getComputedStyle(page.querySelector("nav")).position,
    overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
    rows: [...page.querySelectorAll(".claims tbody tr")].map(r => r.offsetHeight > 0),
  });
});
</script>"""


def browse(chromium, folder, *arguments):
    profile = f"--user-data-dir={folder / 'profile'}"
    command = [chromium, *FLAGS, profile, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, cwd=folder
    ).stdout


def probe(chromium, folder, source):
    (folder / "report.html").write_text(source, "utf-8")
    (folder / "probe.html").write_text(PROBE, "utf-8")
    dump = browse(chromium, folder, "--dump-dom", (folder / "probe.html").as_uri())
    found = re.search(r"<pre>(.+?)</pre>", dump, re.DOTALL)
    assert found, "the report did not load"
    return json.loads(unescape(found[1]))


def test_report_renders_with_style_pictures_and_links(chromium, tmp_path, make):
    seen = probe(chromium, tmp_path, build(make.model()))
    assert seen["title"] == "Reprise: report"
    assert seen["images"] == [[True, 400, True]]
    assert seen["inner"] > 10
    assert seen["dangling"] == []
    assert seen["position"] == "sticky", "the policy blocked the style"
    assert seen["overflow"] <= 0
    assert seen["rows"] == [True] * 6


def test_filter_works_without_scripts(chromium, tmp_path, make):
    chosen = build(make.model()).replace('id="show-all" checked', 'id="show-all"')
    seen = probe(chromium, tmp_path, chosen.replace('id="show-no"', 'id="show-no" checked'))
    assert seen["rows"] == [False, False, True, False, False, False]


def test_hostile_data_runs_nothing(chromium, tmp_path, make):
    seen = probe(chromium, tmp_path, build(make.hostile()))
    assert not seen["pwned"]
    assert seen["scripts"] == 0
    assert seen["images"] == [[True, 400, True]]
    assert seen["dangling"] == []
    assert seen["title"].startswith("</style><script>")


def test_policy_stops_a_script_that_got_into_the_page(chromium, tmp_path, make):
    injected = "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'></main>"
    seen = probe(chromium, tmp_path, build(make.model()).replace("</main>", injected))
    assert seen["scripts"] == 1
    assert not seen["pwned"]


def test_pictures_are_visible_on_the_screen(chromium, tmp_path, make):
    (tmp_path / "report.html").write_text(build(make.model()), "utf-8")
    shot = tmp_path / "shot.png"
    page = (tmp_path / "report.html").as_uri()
    browse(chromium, tmp_path, f"--screenshot={shot}", "--window-size=1200,2400", page)
    pixels = imread(shot)[..., :3]
    pink = [int(make.PINK[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    assert (abs(pixels - pink) < 0.01).all(axis=-1).sum() > 50_000
