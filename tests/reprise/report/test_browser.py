"""The pages in a real browser, from a folder: style, pictures, search, and no foreign script."""

import json
import re
import subprocess
from html import unescape

import pytest
from browser import FLAGS

pytestmark = pytest.mark.chromium

# A page around those of the report reads them from outside: inside, only their own script runs.
PROBE = """<!doctype html>%s<pre></pre>
<script>
const wait = (ms) => new Promise((done) => setTimeout(done, ms));
const looked = (page) => ({
  images: [...page.images].map((i) => [i.complete, i.naturalWidth, i.offsetHeight > 0]),
  title: page.title,
  pwned: Boolean(page.defaultView.pwned || window.pwned),
  position: getComputedStyle(page.querySelector("nav")).position,
  ground: getComputedStyle(page.body).backgroundColor,
  overflow: page.documentElement.scrollWidth - page.documentElement.clientWidth,
  rows: [...page.querySelectorAll("[data-claim]")]
    .filter((row) => row.offsetHeight).map((row) => row.dataset.claim.split("/")[1]),
  figures: [...page.querySelectorAll("article")].filter((a) => a.offsetHeight).map((a) => a.id),
  said: page.querySelector("output")?.value,
  address: page.location.search + page.location.hash,
  label: page.querySelector("form.filter [name=q]")?.labels[0].innerText.trim(),
});
const choose = async (page, name, value) => {
  const field = page.querySelector("form.filter").elements.namedItem(name);
  field.value = value;
  field.dispatchEvent(new Event("input", {bubbles: true}));
  await wait(20);
};
addEventListener("load", async () => {
  for (const frame of document.querySelectorAll("iframe"))
    for (const image of frame.contentDocument.images) image.loading = "eager";
  await wait(300);
  const pages = [...document.querySelectorAll("iframe")].map((f) => f.contentDocument);
  const seen = [];
  const look = (number) => seen.push(looked(pages[number]));
  %s
  document.querySelector("pre").textContent = JSON.stringify(seen);
});
</script>"""


def browse(chromium, site, addresses, steps, *flags, width=1200):
    """What ``steps`` (JavaScript, with ``look``, ``choose`` and ``wait``) saw of the pages."""
    frames = "".join(
        f'<iframe src="{a}" width="{width}" height="2000"></iframe>' for a in addresses
    )
    (site / "probe.html").write_text(PROBE % (frames, steps), "utf-8")
    command = [chromium, *FLAGS, *flags, f"--user-data-dir={site.parent / 'profile'}"]
    command += ["--allow-file-access-from-files"]
    command += ["--virtual-time-budget=20000", "--dump-dom", (site / "probe.html").as_uri()]
    dump = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    found = re.search(r"<pre>(.+?)</pre>", dump.stdout, re.DOTALL)
    assert found, "the pages did not load"
    return json.loads(unescape(found[1]))


def test_pages_are_searched_and_links_lead_to_what_they_name(chromium, tmp_path, make):
    site = make.tree(tmp_path, make.model())
    steps = """
    look(0);
    await choose(pages[0], "q", "ten LOSS"); look(0);
    await choose(pages[0], "verdict", "not tested"); look(0);
    pages[0].querySelector("form.filter button").click(); await wait(20); look(0);
    await choose(pages[0], "kind", "control"); look(0);
    look(1);
    pages[1].defaultView.location.hash = "#claim-loss"; await wait(50); look(1);
    look(2);
    """
    pages = ["index.html", "pearce2023.html?verdict=partly", "pearce2023-code.html"]
    every, word, both, reset, kind, chosen, linked, code = browse(chromium, site, pages, steps)
    assert every["rows"] == ["loss", "share", "width", "seeds", "delay", "control"]
    assert every["position"] == "sticky", "the policy blocked the style"
    assert every["said"] == "6 of 6 claims", "the policy blocked the script"
    assert every["label"].startswith("Search")
    assert word["rows"] == ["loss", "seeds", "control"]
    assert word["address"] == "?q=ten+LOSS"
    assert both["rows"] == ["seeds"]
    assert both["said"] == "1 of 6 claims"
    assert reset["rows"] == every["rows"] and reset["address"] == ""
    assert kind["rows"] == ["control"]
    assert chosen["rows"] == ["width"]
    assert chosen["figures"] == ["figure-accuracy"]
    assert chosen["images"] == [[True, 400, True], *2 * [[True, 400, False]]]
    assert linked["rows"] == ["share", "width", "delay", "loss", "seeds", "control"]
    assert linked["address"].endswith("#claim-loss")
    assert code["rows"] == []
    assert all(page["overflow"] <= 0 for page in (every, linked, code))


@pytest.mark.parametrize(("scheme", "ground"), [(0, "rgb(18, 21, 27)"), (1, "rgb(251, 251, 252)")])
def test_a_phone_shows_all_in_both_themes(chromium, tmp_path, make, scheme, ground):
    site = make.tree(tmp_path, make.model())
    pages = ["index.html", "pearce2023.html", "pearce2023-code.html"]
    steps = "look(0); look(1); look(2);"
    theme = f"--blink-settings=preferredColorScheme={scheme}"
    for page in browse(chromium, site, pages, steps, theme, width=390):
        assert page["overflow"] <= 0, page["title"]
        assert page["ground"] == ground


@pytest.mark.faults
def test_hostile_data_runs_nothing(chromium, tmp_path, make):
    site = make.tree(tmp_path, make.hostile("accuracy"), make.HOSTILE_SVG)
    page = site / "pearce2023.html"
    injected = "<script>window.pwned=1</script><img src=x onerror='window.pwned=1'></main>"
    page.write_text(page.read_text("utf-8").replace("</main>", injected), "utf-8")
    for seen in browse(chromium, site, ["index.html", page.name], "look(0); look(1);"):
        assert not seen["pwned"]
        assert seen["said"] == "1 of 1 claims"
    assert seen["images"] == [[True, 400, True], [True, 0, True]]
