"""``reprise compare``: text, JSON, page and exit codes."""

import html
import json
import shutil
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from small_world import make

from reprise.audit.diff import Tolerance
from reprise.cli import compare as subject
from reprise.cli.compare import compare_trees, folders
from reprise.project import Project
from reprise.specs.errors import ConfigError

VERDICTS = (
    b"paper,claim,statement,statistic,threshold,verdict\n"
    b"demo,learns,It <b>learns</b>.,0.95,>= 0.9,reproduced\n"
)


@pytest.fixture
def trees(world: Any) -> tuple[Path, Path]:
    """The project's own tree and a published copy of it."""
    node = make("verdict", "verdicts", {}, ("results/cpu/demo/verdicts.csv",), (), {})
    world.make(node, {"verdicts.csv": VERDICTS})
    a, b = world.root / "results" / "cpu", world.root / "results" / "published" / "cpu"
    shutil.copytree(a, b)
    return a, b


@pytest.fixture
def run(
    trees: tuple[Path, Path], world: Any, console: Any, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., int]:
    """The verb, of both trees; the exit code."""
    (world.root / "config.yaml").write_text("scale: cpu\n")
    monkeypatch.setattr(subject, "find_project", lambda: Project(world.root))
    monkeypatch.setattr(subject, "open_console", lambda: console)

    def called(
        relative: float | None = None,
        page: Path | None = None,
        as_json: bool = False,
        papers: tuple[str, ...] = (),
    ) -> int:
        return compare_trees(None, None, papers, None, Tolerance.of(relative), page, as_json)

    return called


def alter(path: Path, old: bytes, new: bytes) -> None:
    data = path.read_bytes()
    assert old in data
    path.write_bytes(data.replace(old, new))


def test_the_own_tree_and_the_published_one_are_the_default(world: Any, trees: Any) -> None:
    found = folders(Project(world.root), None, None, "cpu")
    assert tuple(side.folder for side in found) == trees
    found = folders(Project(world.root), trees[1], trees[0], "smoke")
    assert tuple(side.folder for side in found) == trees[::-1]
    assert folders(Project(world.root), trees[0], None, "smoke")[1].folder == trees[1]


def test_a_folder_that_is_no_tree_is_named_with_the_nearest(world: Any, trees: Any) -> None:
    with pytest.raises(ConfigError, match=r"did you mean '.*results/published/cpu'"):
        folders(Project(world.root), None, world.root / "results/publishd/cpu", "cpu")


def test_a_fresh_clone_is_told_what_to_do(world: Any, trees: Any) -> None:
    shutil.rmtree(trees[0])
    with pytest.raises(ConfigError, match="nothing was made at scale cpu yet: 'reprise run"):
        folders(Project(world.root), None, None, "cpu")


def test_identical_trees_end_with_0(run: Any, console: Any) -> None:
    assert run() == 0
    text = console.file.getvalue()
    assert "verdicts: 1 compared, 0 not the same" in text
    assert "tables: 1 identical" in text
    assert "runs: 2 identical" in text


def test_only_the_chosen_papers_are_compared(run: Any, trees: Any) -> None:
    alter(trees[1] / "demo/tables/summary.csv", b"0.25", b"0.26")
    assert run(papers=("demo",)) == 3
    with pytest.raises(ConfigError, match="neither tree has a paper 'dem'"):
        run(papers=("dem",))


def test_a_flipped_verdict_ends_with_4_and_is_told_with_both_statistics(
    run: Any, trees: Any, console: Any
) -> None:
    alter(trees[1] / "demo/verdicts.csv", b"0.95,>= 0.9,reproduced", b"0.2,>= 0.9,not reproduced")
    assert run() == 4
    text = console.file.getvalue()
    assert "demo learns: reproduced -> not reproduced (0.95 -> 0.2)" in text
    assert "demo/verdict/verdicts: B: verdicts.csv differs from its record" in text


def test_a_table_that_differs_ends_with_3_unless_it_is_tolerated(
    run: Any, trees: Any, console: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    alter(trees[1] / "demo/tables/summary.csv", b"0.25", b"0.26")
    assert run() == 3
    assert "largest difference 0.01 (relative 0.0385)" in console.file.getvalue()
    assert run(relative=0.1) == 0
    assert run(as_json=True) == 3
    found = json.loads(capsys.readouterr().out)
    assert (found["schema"], found["exit_code"]) == (1, 3)
    table = next(node for node in found["nodes"] if node["kind"] == "table")
    assert (table["status"], table["files"][0]["columns"]) == ("differs", ["value"])


def test_the_page_shows_both_pictures_and_escapes_everything(
    run: Any, trees: Any, tmp_path: Path
) -> None:
    alter(trees[1] / "demo/figures/F1.svg", b"</svg>", b"<script>alert(1)</script></svg>")
    alter(trees[1] / "demo/tables/summary.csv", b"0.25", b"<script>alert(2)</script>")
    (trees[1] / "demo/runs").rename(trees[1] / "demo/walks")
    page = tmp_path / "page.html"
    assert run(page=page) == 3
    text = page.read_text()
    assert "<script" not in text
    assert "It &lt;b&gt;learns&lt;/b&gt;." in text
    assert text.count('src="data:image/svg+xml;base64,') == 2
    assert "default-src 'none'" in html.unescape(text)
    assert "Only in A (2)" in text
    assert "http" not in text.replace('http-equiv="Content-Security-Policy"', "")
    tags = Tags()
    tags.feed(text)
    assert not {"script", "iframe", "object", "b"} & set(tags.found)
    assert all(value.startswith("data:") for name, value in tags.attributes if name == "src")
    assert not [name for name, _ in tags.attributes if name.startswith("on")]


class Tags(HTMLParser):
    """The tags of a page, and their attributes."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.attributes: list[tuple[str, str]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def test_equal_pictures_are_shown_once(run: Any, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    assert run(page=page) == 0
    assert page.read_text().count("src=") == 1
