"""Names and texts that would escape, run or start something, and values that are misread."""

import copy
import sys
from collections.abc import Callable
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_paper import CLAIMS, PAPER, README

from reprise.graph import build as building
from reprise.graph.build import build
from reprise.graph.closure import closure
from reprise.graph.nodes import Node
from reprise.specs import load
from reprise.specs.errors import ConfigError
from reprise.specs.load import Config, load_config, load_paper

pytestmark = pytest.mark.faults

HOSTILE = [
    "../escape", "..", "/etc/passwd", "a/b", "a;touch pwned", "$(touch pwned)", "`touch pwned`",
    "a b", "a\nb", "{name}", "-rf", "a'b", 'a"b', "a|b", "a&b", "a>b", "*", "~", "C:\\x", "", ".a",
    "\u202e", "ａ", "a" * 65,
]  # fmt: skip

Write = Callable[[Any], None]


@pytest.fixture
def write(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Write:
    """Writes the only paper; its code is not looked at."""
    folder = tmp_path / "papers" / "small2024"
    folder.mkdir(parents=True)
    for module in (load, building):
        monkeypatch.setattr(module, "papers_folder", lambda: folder.parent)
    monkeypatch.setattr(building, "closure", lambda entries: {})
    monkeypatch.setattr(building, "entry_digest", lambda entry: "")
    (folder / "README.md").write_text(README)
    (folder / "claims.yaml").write_text(yaml.safe_dump(CLAIMS))
    return lambda paper: (folder / "paper.yaml").write_text(yaml.safe_dump(paper)) and None


def renamed(old: str, new: str) -> Any:
    """The small paper with a node of another name."""

    def walk(value: Any) -> Any:
        if isinstance(value, dict):
            return {walk(k) if k == old else k: walk(v) for k, v in value.items()}
        if isinstance(value, list):
            return [walk(item) for item in value]
        return new if value == old else value

    return walk(copy.deepcopy(PAPER))


@pytest.mark.parametrize("node", ["main", "summary", "F1-accuracy"])
@pytest.mark.parametrize("name", HOSTILE)
def test_no_node_has_a_name_that_leaves_its_folder_or_means_something_to_a_shell(
    write: Write, node: str, name: str
) -> None:
    write(renamed(node, name))
    with pytest.raises(ConfigError, match=r"papers/small2024/paper\.yaml: "):
        load_paper("small2024", Config())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=st.from_regex(r"[A-Za-z0-9_-]{1,64}", fullmatch=True))
def test_every_path_of_a_graph_lies_below_its_results(write: Write, name: str) -> None:
    write(renamed("main", name))
    try:
        nodes = build(Config()).nodes.values()
    except ConfigError:
        assert name[0] in "-_"
        return
    for path in (path for node in nodes for path in paths(node)):
        assert PurePosixPath(path).parts[:2] == ("results", "cpu")
        assert ".." not in PurePosixPath(path).parts
        assert not set(path) & set(" \t\n'\"`$&|;<>(){}*?~\\")


def paths(node: Node) -> tuple[str, ...]:
    return (*node.outputs, node.record)


@pytest.mark.parametrize("name", HOSTILE)
def test_config_names_no_paper_outside_the_folder_of_papers(
    write: Write, tmp_path: Path, name: str
) -> None:
    write(PAPER)
    file = tmp_path / "config.yaml"
    for text in ({"papers": [name]}, {"overrides": {f"{name}.runs.main.steps": 1}}):
        file.write_text(yaml.safe_dump(text, allow_unicode=True))
        with pytest.raises(ConfigError, match=r"config\.yaml: "):
            load_config(file)


@pytest.mark.parametrize("reference", ["../../secret.csv", "/etc/passwd", "a/b.csv", "x.csv\n"])
def test_a_table_reads_no_reference_data_from_elsewhere(write: Write, reference: str) -> None:
    paper = copy.deepcopy(PAPER)
    paper["tables"]["summary"]["reference"] = [reference]
    write(paper)
    with pytest.raises(ConfigError, match=r"tables\.summary\.reference"):
        load_paper("small2024", Config())


@pytest.mark.parametrize(
    "entry", ["os:system", "..os:x", "a:b:c", "a:__import__('os')", "a.b", ":"]
)
def test_an_entry_is_a_function_of_the_papers_own(
    write: Write, monkeypatch: pytest.MonkeyPatch, entry: str
) -> None:
    """``os:system`` is the function ``system`` of the paper's own module ``os``: there is none."""
    monkeypatch.setattr(building, "closure", closure)
    paper = copy.deepcopy(PAPER)
    paper["tables"]["summary"]["entry"] = entry
    write(paper)
    words = r"small2024\.os" if entry == "os:system" else r"tables\.summary\.entry"
    with pytest.raises(ConfigError, match=rf"papers/small2024/paper\.yaml: .*{words}"):
        build(Config())


@pytest.mark.parametrize(
    ("section", "key", "words"),
    [
        ("optimizer", "steps", "runs.main.optimizer.adamw.steps|runs.main.optimizer.steps"),
        ("task", "weight_decay", "runs.main.task.weight_decay"),
        ("model", "log_every", "runs.main.model.log_every"),
    ],
)
def test_a_key_moved_to_another_section_is_refused(
    write: Write, section: str, key: str, words: str
) -> None:
    paper = copy.deepcopy(PAPER)
    run = paper["runs"]["main"]
    run["scales"] = {}
    run[section][key] = (run if key in run else run["optimizer"]).pop(key)
    write(paper)
    with pytest.raises(ConfigError, match=rf"{words}: unknown field"):
        load_paper("small2024", Config())


def test_a_wrong_choice_is_told_before_anything_slow_is_loaded(finished: Any) -> None:
    """Within two seconds; on a busy machine their number would say little, what is loaded does."""
    main = "import sys; from reprise.cli import main; sys.argv[1:] = ['run', '--scale', 'smok']; "
    command = (sys.executable, "-X", "importtime", "-c", f"{main}main()")
    result = finished.workspace.call(*command, code=2)
    assert "did you mean 'smoke'?" in result.stderr
    loaded = {line.rpartition("|")[2].strip() for line in result.stderr.splitlines()}
    assert "reprise.specs.load" in loaded
    assert not loaded & {"jax", "flax", "optax", "scipy", "matplotlib", "snakemake", "pandas"}
