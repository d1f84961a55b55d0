"""The page tells everything, escapes everything, links to itself and allows no script."""

import base64
import hashlib
import re
from html.parser import HTMLParser
from itertools import pairwise

import pytest

from reprise.report.html import build, segments


class Page(HTMLParser):
    """Elements, texts and styles of a page, as a browser's parser splits them."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self.open = [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.open.append(tag)

    def handle_endtag(self, tag):
        while self.open and self.open.pop() != tag:
            pass

    def handle_data(self, data):
        if "style" not in self.open[-1:]:
            self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def source(make):
    return build(make.model())


@pytest.fixture(scope="module")
def page(source):
    return Page(source)


@pytest.fixture(scope="module")
def hostile_page(make):
    return Page(build(make.hostile()))


def test_same_model_gives_the_same_bytes(source, make):
    assert build(make.model()) == source


def test_everything_that_is_told_is_on_the_page(page):
    for said in (
        ": 1 reproduced, 1 partly, 1 inconclusive, 1 contradicted, 1 not tested.",
        "control: 1 reproduced, 0 partly",
        "3 of 4 seeds",
        "gate enough: 2",
        "ours: an order of magnitude",
        "It generalises ten times later than it fits.",
        "62.1",
        "3600 3100 to 4300",
        "1.34e-6",
        "≤ 1e-7",
        "enough: not met",
        "Memorize or Generalize?",
        "Train and test.",
        "Figure 1 · cpu · seeds 0-7 · exact",
        "This figure has not been made.",
        "never made",
        "first of 0-7",
        "pearce2023/run/main",
        "0–2 1 h 02 min Abacus commit ccccccc",
        "code theme changed",
        "aaaaaaaaaaaa",
        "accuracy.svg dddddddddddd",
    ):
        assert said in page.text


def test_verdicts_come_before_figures(source):
    assert source.index('id="verdicts"') < source.index('class="claims"') < source.index("<img")


def test_verdicts_are_told_by_word_and_shape(source):
    cells = re.findall(r'<tr class="(\w+)" id="claim--.*?<td>(.*?)</td>', source, re.DOTALL)
    assert [slug for slug, _ in cells] == ["yes", "partly", "no", "open", "untested", "yes"]
    words = ["reproduced", "partly", "contradicted", "inconclusive", "not tested", "reproduced"]
    for (slug, cell), word in zip(cells, words, strict=True):
        assert f'href="#icon-{slug}"' in cell
        assert f">{word}</span>" in cell.replace("</svg>", ">")


def test_every_link_inside_the_page_resolves(page):
    ids = [a["id"] for _, a in page.elements if "id" in a]
    assert len(ids) == len(set(ids))
    targets = {
        a["href"][1:] for t, a in page.elements if t in ("a", "use") and a["href"].startswith("#")
    }
    labels = {name for _, a in page.elements for name in a.get("aria-labelledby", "").split()}
    labels |= {a["for"] for a in page.all("label")}
    assert len(targets) > 10
    assert targets | labels <= set(ids)


def test_nothing_is_loaded_from_elsewhere(page):
    for tag, attributes in page.elements:
        if "src" in attributes:
            assert attributes["src"].startswith("data:image/svg+xml;base64,"), tag
    assert not {t for t, _ in page.elements} & {"link", "script", "iframe", "object", "base"}
    (outward,) = {a["href"] for a in page.all("a") if not a["href"].startswith("#")}
    assert outward == "https://example.org/grokking/"


def test_pictures_are_embedded_unchanged_with_text_and_size(page, make):
    (image,) = page.all("img")
    assert base64.b64decode(image["src"].partition("base64,")[2]) == make.SVG
    assert image["alt"] == "Title of accuracy"
    assert (image["width"], image["height"]) == ("400", "200")


def test_policy_allows_the_style_of_the_page_and_no_script(source, page):
    (policy,) = [
        a["content"] for a in page.all("meta") if a.get("http-equiv") == "Content-Security-Policy"
    ]
    (style,) = re.findall(r"<style>(.*?)</style>", source, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules == {
        "default-src": "'none'",
        "img-src": "data:",
        "style-src": f"'sha256-{digest}'",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    assert not [a for _, a in page.elements if "style" in a], "the policy would drop these"


@pytest.mark.faults
def test_hostile_text_stays_text(hostile_page, page):
    tags = {tag for tag, _ in hostile_page.elements}
    assert "script" not in tags
    assert not [a for _, a in hostile_page.elements if any(k.startswith("on") for k in a)]
    assert not [a for a in hostile_page.all("a") if a["href"].startswith("javascript:")]
    assert len(hostile_page.all("style")) == 1
    assert len(hostile_page.all("img")) == 1
    assert tags <= {tag for tag, _ in page.elements}
    assert hostile_page.text.count("<script>window.pwned=1</script>") > 12


def test_links_resolve_whatever_the_names_are(hostile_page):
    ids = {a["id"] for _, a in hostile_page.elements if "id" in a}
    inside = [a["href"][1:] for a in hostile_page.all("a") if a["href"].startswith("#")]
    assert set(inside) <= ids


def test_tables_have_captions_or_summaries_and_scopes(page):
    assert page.all("th")
    assert all(cell.get("scope") in ("col", "row") for cell in page.all("th"))
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert page.all("html")[0]["lang"] == "en"


def test_a_report_without_results_is_a_page(make):
    empty = Page(build(make.model(make.paper(verdicts=(), figures=(), deviations=()))))
    assert "0 reproduced, 0 partly, 0 inconclusive, 0 contradicted, 0 not tested" in empty.text


def test_bar_is_filled_in_proportion():
    pieces = segments({"reproduced": 3, "partly": 0, "contradicted": 1})
    assert pieces == [("reproduced", 0.0, 75.0), ("contradicted", 75.0, 25.0)]
    assert segments({"reproduced": 0}) == []
