"""The pages tell everything, escape everything, link to what is there and load nothing else."""

import re
from html.parser import HTMLParser
from itertools import pairwise
from urllib.parse import unquote, urlsplit

import pytest

from reprise.report.html import build, segments
from reprise.report.model import in_a_sentence
from reprise.specs.load import CHART_LIBRARY, report_assets, report_folder

MOST_BYTES = 3_000_000


class Page(HTMLParser):
    """Elements and texts of a page, as a browser's parser splits them."""

    def __init__(self, source):
        super().__init__(convert_charrefs=True)
        self.elements, self.texts, self.labelled, self.inside_label = [], [], set(), False
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.elements.append((tag, dict(attributes)))
        self.inside_label |= tag == "label"
        if self.inside_label:
            self.labelled.add(len(self.elements) - 1)

    def handle_endtag(self, tag):
        self.inside_label &= tag != "label"

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join("".join(self.texts).split())

    @property
    def ids(self):
        return [a["id"] for _, a in self.elements if "id" in a]

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def sources(make):
    return build(make.model())


@pytest.fixture(scope="module")
def pages(sources):
    return {name: Page(text) for name, text in sources.items()}


@pytest.fixture(scope="module")
def hostile_pages(make):
    return {name: Page(text) for name, text in build(make.hostile()).items()}


def test_same_model_gives_the_same_bytes(sources, make):
    assert build(make.model()) == sources
    assert list(sources) == ["index.html", "pearce2023.html", "pearce2023-code.html"]


def test_everything_that_is_told_is_on_its_page(pages):
    first, paper, code = (page.text for page in pages.values())
    for said in (
        ": 1 reproduced, 1 partly, 1 inconclusive, 1 contradicted, 1 not tested.",
        "Our controls Verdict",
        "3 of 4 seeds",
        "gate enough: 2",
        "3,600 3,100 to 4,300",
        "1.34e-6",
        "≤ 1e-7",
        "pearce2023 12 3 1 h 02 min Abacus",
    ):
        assert said in first
    for said in (
        "Threshold: ours: an order of magnitude",
        "62.1",
        "80",
        "Gate: enough: not met",
        "Memorize or Generalize?",
        "Train and test.",
        "Figure 1 · cpu · seeds 0-7 · exact",
        "jax 1 -> 2",
        "first of 0-7",
        "make figure FIG=pearce2023/accuracy SCALE=cpu",
        "Turn the wheel",
        "pearce2023/run/main",
        "0–2 1 h 02 min Abacus commit ccccccc",
        "code theme changed",
        "aaaaaaaaaaaa",
        "accuracy.svg dddddddddddd",
    ):
        assert said in paper
    assert "def draw(tables): ..." in code


def test_below_each_figure_stands_what_the_paper_says_with_it(sources):
    said = re.findall(r'<p class="finding(.*?)"><span>(.*?)</span>', sources["pearce2023.html"])
    lead = "(3 of 4 seeds): It generalises ten times later than it fits."
    three = f"1 reproduced, 1 partly, 1 inconclusive. Inconclusive {lead}"
    assert said == [
        (" open", f"Of 3 findings of the paper: {three}"),
        (" no", f"Of 2 findings of the paper: 1 contradicted, 1 not tested. Contradicted {lead}"),
        ("", "No finding of the paper is judged on this figure."),
    ]


def test_claims_that_are_no_findings_are_not_passed_over(make):
    others = [make.row(kind=kind) for kind in ("critique", "control", "critique")]
    told = "No finding of the paper is judged on this figure, only 2 critiques and 1 control."
    assert in_a_sentence([], others) == told


def test_what_failed_stands_first_and_is_told_by_word_and_shape(sources):
    rows = r'<tr class="claim (\w+)" .*?<td>(.*?)</td>'
    cells = re.findall(rows, sources["index.html"], re.DOTALL)
    assert [slug for slug, _ in cells] == ["no", "open", "partly", "untested", "yes", "yes"]
    words = ["contradicted", "inconclusive", "partly", "not tested", "reproduced", "reproduced"]
    for (slug, cell), word in zip(cells, words, strict=True):
        assert f'href="#icon-{slug}"' in cell
        assert f">{word}</span>" in cell.replace("</svg>", ">")


def broken(site):
    """(page, link) of whatever leads to no file, or to no place on its page."""
    pages = {path.name: Page(path.read_text("utf-8")) for path in site.glob("*.html")}
    for name, page in pages.items():
        for tag, attributes in page.elements:
            link = attributes.get("src") or attributes.get("href", "")
            parts = urlsplit(link)
            if parts.scheme and tag == "a":
                continue
            path = site / unquote(parts.path) if parts.path else site / name
            beside = path.is_file() and not parts.scheme and not parts.netloc
            if not beside or (parts.fragment and parts.fragment not in pages[path.name].ids):
                yield name, link


@pytest.mark.parametrize("place", ["results/cpu", "results/published/cpu"])
def test_every_link_leads_to_a_file_of_the_tree_or_a_place_on_a_page(make, tmp_path, place):
    site = make.tree(tmp_path / place, make.model())
    assert list(broken(site)) == []
    (site / "../pearce2023/tables/curves.csv").unlink()
    (site / "pearce2023.html").write_text('<a href="index.html#nowhere">x</a>', "utf-8")
    assert ("pearce2023.html", "index.html#nowhere") in broken(site)
    assert ("index.html", "pearce2023.html#claim-delay") in broken(site)


def test_links_resolve_whatever_the_names_are(hostile_pages):
    for page in hostile_pages.values():
        inside = [a["href"][1:] for a in page.all("a") if a["href"].startswith("#")]
        assert set(inside) <= set(page.ids)


def test_ids_are_unique_and_labels_name_what_is_there(pages):
    for page in pages.values():
        ids = page.ids
        assert len(ids) == len(set(ids))
        named = {name for _, a in page.elements for name in a.get("aria-labelledby", "").split()}
        assert named <= set(ids)
    assert {"figure-accuracy", "claim-delay", "deviations"} <= set(pages["pearce2023.html"].ids)


def test_only_the_way_to_the_paper_leads_out(pages):
    outward = {a["href"] for p in pages.values() for a in p.all("a") if ":" in a["href"]}
    assert outward == {"https://example.org/grokking/"}
    assets = {CHART_LIBRARY, *(path.name for path in report_assets())}
    for name, page in pages.items():
        loaded = {a["href"] for a in page.all("link")} | {a["src"] for a in page.all("script")}
        with_blocks = name == "pearce2023.html"
        assert loaded == (assets if with_blocks else {"report.css", "report.js"})
        assert not {t for t, _ in page.elements} & {"iframe", "object", "base", "style"}


def test_the_policy_allows_files_beside_the_page_only(pages):
    for page in pages.values():
        (policy,) = [a["content"] for a in page.all("meta") if "http-equiv" in a]
        assert dict(rule.strip().split(" ", 1) for rule in policy.split(";")) == {
            "default-src": "'none'",
            "img-src": "'self' data:",
            "style-src": "'self'",
            "script-src": "'self'",
            "base-uri": "'none'",
            "form-action": "'none'",
        }
        assert not [a for _, a in page.elements if "style" in a], "the policy would drop these"
        assert all(a.get("src") for a in page.all("script"))


@pytest.mark.faults
def test_hostile_text_stays_text(hostile_pages, pages, make):
    for name, page in hostile_pages.items():
        assert not [a for _, a in page.elements if any(k.startswith("on") for k in a)]
        assert not [a for a in page.all("a") if a["href"].startswith("javascript:")]
        assert [a.get("src") for a in page.all("script")] == ["report.js"]
        assert {tag for tag, _ in page.elements} <= {tag for tag, _ in pages[name].elements}
    assert len(hostile_pages["pearce2023.html"].all("img")) == 1
    assert hostile_pages["pearce2023.html"].text.count(" ".join(make.HOSTILE.split())) > 12


def test_pages_are_small(make):
    claims = tuple(make.row(f"claim-{n}", f"figure-{n // 5}") for n in range(400))
    figures = tuple(make.figure(f"figure-{n}") for n in range(80))
    big = build(make.model(make.paper(verdicts=claims, figures=figures)))
    assert max(len(text.encode()) for text in big.values()) < MOST_BYTES


# What a screen reader needs.


def test_pictures_have_a_text_and_a_size(pages):
    images = [image for page in pages.values() for image in page.all("img")]
    assert [image["alt"] for image in images] == [
        f"Title of {name}" for name in ("accuracy", "loss", "weights")
    ]
    assert all((image["width"], image["height"]) == ("400", "200") for image in images)


def test_fields_have_labels(pages):
    fields = [
        (name, number, tag, page)
        for name, page in pages.items()
        for number, (tag, _) in enumerate(page.elements)
        if tag in ("input", "select")
    ]
    assert len(fields) == 4 + 3 + 1
    assert all(number in page.labelled for _, number, _, page in fields)


def test_headings_go_down_by_one_and_landmarks_are_there(pages):
    for page in pages.values():
        levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h\d", tag)]
        assert levels[0] == 1 and levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))
        assert page.all("html")[0]["lang"] == "en"
        assert len(page.all("main")) == 1 and page.all("nav")[0]["aria-label"]
        assert {a["href"] for a in page.all("a") if a.get("class") == "skip"} == {"#main"}


def test_tables_have_captions_or_labels_and_scopes(pages):
    for page in pages.values():
        assert all(cell.get("scope") in ("col", "row") for cell in page.all("th"))
        labelled = [a for a in page.all("div") if a.get("role") == "region"]
        assert len(page.all("table")) == len(page.all("caption")) + len(labelled)
        assert all(a["tabindex"] == "0" for a in labelled)
        assert len({a["aria-label"] for a in labelled}) == len(labelled), "landmarks of one name"


def luminance(colour):
    digits = colour.lstrip("#")
    digits = digits if len(digits) == 6 else "".join(2 * d for d in digits)
    parts = [int(digits[i : i + 2], 16) / 255 for i in (0, 2, 4)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one, other):
    """The ratio of WCAG 2.2."""
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_colours_have_the_contrast_that_wcag_asks(theme):
    style = (report_folder() / "report.css").read_text("utf-8")
    colours = dict(re.findall(r"--([\w-]+): (#\w+);", style.split("@media")[theme]))
    grounds = ["page", "card", "soft"]
    texts = {(text, ground) for text in ("ink", "quiet", "link") for ground in grounds}
    for verdict in ("yes", "partly", "open", "no", "untested"):
        texts |= {(verdict, f"{verdict}-soft"), (verdict, "page"), (verdict, "card")}
    texts |= {("quiet", "untested-soft")}
    ratios = {pair: contrast(*(colours[name] for name in pair)) for pair in texts}
    assert {pair: r for pair, r in ratios.items() if r < 4.5} == {}
    assert contrast(colours["edge"], colours["card"]) >= 3, "the edge of a field"
    assert contrast("#000", "#fff") == pytest.approx(21)


def test_a_report_without_results_is_a_page(make):
    empty = build(make.model(make.paper(verdicts=(), figures=(), deviations=(), code={})))
    said = "0 reproduced, 0 partly, 0 inconclusive, 0 contradicted, 0 not tested"
    assert said in Page(empty["index.html"]).text
    assert said in Page(empty["pearce2023.html"]).text


def test_bar_is_filled_in_proportion():
    pieces = segments({"reproduced": 3, "partly": 0, "contradicted": 1})
    assert pieces == [("reproduced", 0.0, 75.0), ("contradicted", 75.0, 25.0)]
    assert segments({"reproduced": 0}) == []
