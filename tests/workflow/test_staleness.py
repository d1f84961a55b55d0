"""What is stale is seen by content: by ``reprise status``, ``reprise plan`` and ``snakemake -n``.

Plain Snakemake sees none of the first six disturbances, DVC four of them. The engine gets what has
to be made from the same plan, so that it is asked for three disturbances only.
"""

import ast
import os
import random
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from looker import Looker
from small_world import EXECUTION
from workspace import KEY, NODES, Workspace, copy_workspace, edit, overwrite

from reprise.graph import closure as closures
from reprise.graph.build import build
from reprise.graph.closure import source_root
from reprise.records.record import write_record
from reprise.records.state import states
from reprise.records.tree import Tree
from reprise.specs.load import Config
from reprise.storage.atomic import sha256, write_bytes

EVERYTHING = set(NODES)
AFTER_ACCURACY = {"accuracy", "summary", "figure", "verdict", "report"}
AFTER_SUMMARY = {"summary", "verdict", "report"}
AFTER_FIGURE = {"figure", "report"}
AFTER_VERDICT = {"verdict", "report"}

Disturb = Callable[[Workspace], object]


@pytest.fixture(scope="module")
def looker() -> Iterator[Looker]:
    """Tells what the commands say, in a process for each project."""
    looker = Looker()
    yield looker
    looker.close()


def table(workspace: Workspace, name: str) -> Path:
    return workspace.results / "demo2024" / "tables" / f"{name}.csv"


def figure(workspace: Workspace) -> Path:
    return workspace.results / "demo2024" / "figures" / "F1-accuracy.svg"


def only(workspace: Workspace, pattern: str) -> Path:
    (path,) = workspace.results.glob(pattern)
    return path


def set_parameter(workspace: Workspace) -> None:
    edit(workspace.paper / "paper.yaml", "learning_rate: 0.003", "learning_rate: 0.004")


def swap_parameters(workspace: Workspace) -> None:
    edit(
        workspace.paper / "paper.yaml",
        "learning_rate: 0.003, weight_decay: 0.1",
        "learning_rate: 0.1, weight_decay: 0.003",
    )


def set_value_of_the_scale(workspace: Workspace) -> None:
    edit(workspace.paper / "paper.yaml", "smoke: {steps: 200}", "smoke: {steps: 220}")


def set_more_seeds(workspace: Workspace) -> None:
    edit(workspace.root / "config.yaml", "seeds: null", "seeds: 4")


def override(workspace: Workspace) -> None:
    changed = "overrides: {demo2024.runs.parity.optimizer.b2: 0.98}"
    edit(workspace.root / "config.yaml", "overrides: {}", changed)


def edit_helper(workspace: Workspace) -> None:
    module = workspace.root / "src" / "reprise" / "training" / "optimizers.py"
    edit(module, "jnp.sign(p)", "jnp.tanh(p)")


def edit_table_function(workspace: Workspace) -> None:
    edit(workspace.paper / "tables" / "accuracy.py", "ignore_index=True", "ignore_index=bool(1)")


def edit_method_of_a_spec(workspace: Workspace) -> None:
    edit(workspace.paper / "spec.py", "self.relevant > self.digits", "self.relevant >= self.digits")


def edit_judgement(workspace: Workspace) -> None:
    module = workspace.root / "src" / "reprise" / "specs" / "claims.py"
    edit(module, '= "reproduced", "partly"', '= "yes", "a bit"')


def edit_rendering(workspace: Workspace) -> None:
    module = workspace.root / "src" / "reprise" / "plotting" / "render.py"
    edit(module, "PNG_DPI = 200", "PNG_DPI = 100")


def move_threshold(workspace: Workspace) -> None:
    edit(workspace.paper / "claims.yaml", "at_least: 0.9}", "at_least: 0.8}")


def overwrite_figure(workspace: Workspace) -> None:
    overwrite(figure(workspace), [(b"</svg>", b"<text>hand-made</text></svg>")])


def overwrite_table(workspace: Workspace) -> None:
    overwrite(table(workspace, "accuracy"), [(b"train", b"trein")])


def overwrite_weights(workspace: Workspace) -> None:
    path = only(workspace, "demo2024/runs/parity/*/params.safetensors")
    overwrite(path, [(path.read_bytes()[-4:], b"\x00\x00\x80\x3f")])


def edit_record_to_match(workspace: Workspace) -> None:
    """Overwrite a table and put its new digest into its record."""
    path = table(workspace, "accuracy")
    before = sha256(path).encode()
    overwrite_table(workspace)
    overwrite(path.with_suffix(".record.json"), [(before, sha256(path).encode())])


def drop_figure(workspace: Workspace) -> None:
    figure(workspace).unlink()


def drop_record(workspace: Workspace) -> None:
    table(workspace, "summary").with_suffix(".record.json").unlink()


def drop_run(workspace: Workspace) -> None:
    shutil.rmtree(workspace.results / "demo2024" / "runs")


def drop_metadata(workspace: Workspace) -> None:
    """What a clone with results in it lacks: all that only the engine and the cache know."""
    shutil.rmtree(workspace.root / ".snakemake")
    shutil.rmtree(workspace.root / ".reprise")
    shuffle_times(workspace)


def shuffle_times(workspace: Workspace) -> None:
    """Random time stamps everywhere, in the future, too."""
    draw = random.Random(0)
    for path in workspace.root.rglob("*"):
        if path.is_file() and ".snakemake" not in path.parts:
            os.utime(path, (stamp := draw.randrange(10**9, 2 * 10**9), stamp))


def clone_and_set_parameter(workspace: Workspace) -> None:
    drop_metadata(workspace)
    set_parameter(workspace)


def clone_and_overwrite(workspace: Workspace) -> None:
    drop_metadata(workspace)
    overwrite_table(workspace)


@dataclass(frozen=True)
class Disturbance:
    """What is done, and what has to be seen of it."""

    act: Disturb
    jobs: set[str]
    first: str
    """The node where it is noticed, with its state and words of the reason."""
    state: str
    words: str


DISTURBANCES = {
    "parameter": Disturbance(
        set_parameter, EVERYTHING, "run", "stale", "optimizer.learning_rate: 0.003 -> 0.004"
    ),
    "two parameters swapped": Disturbance(
        swap_parameters, EVERYTHING, "run", "stale", "weight_decay: 0.1 -> 0.003"
    ),
    "value of the scale": Disturbance(
        set_value_of_the_scale, EVERYTHING, "run", "stale", "steps: 200 -> 220"
    ),
    "number of seeds": Disturbance(set_more_seeds, EVERYTHING, "run", "stale", "parameter members"),
    "override": Disturbance(override, EVERYTHING, "run", "stale", "optimizer.b2: 0.999 -> 0.98"),
    "helper module": Disturbance(
        edit_helper,
        EVERYTHING,
        "run",
        "stale",
        "training.optimizers:_add_l1_gradient changed",
    ),
    "method of a spec": Disturbance(
        edit_method_of_a_spec,
        EVERYTHING,
        "run",
        "stale",
        f"code papers.{KEY}.spec:Parity._consistent changed",
    ),
    "table function": Disturbance(
        edit_table_function, AFTER_ACCURACY, "accuracy", "stale", "accuracy:accuracy changed"
    ),
    "judgement": Disturbance(
        edit_judgement, AFTER_VERDICT, "verdict", "stale", "reprise.specs.claims:PARTLY"
    ),
    "rendering": Disturbance(
        edit_rendering, AFTER_FIGURE, "figure", "stale", "reprise.plotting.render:PNG_DPI"
    ),
    "threshold of a claim": Disturbance(
        move_threshold, AFTER_VERDICT, "verdict", "stale", "at_least: 0.9 -> 0.8"
    ),
    "figure by hand": Disturbance(
        overwrite_figure, AFTER_FIGURE, "figure", "tampered", "F1-accuracy.svg differs"
    ),
    "table, time restored": Disturbance(
        overwrite_table, AFTER_ACCURACY, "accuracy", "tampered", "tables/accuracy.csv differs"
    ),
    "weights, time restored": Disturbance(
        overwrite_weights, EVERYTHING, "run", "tampered", "params.safetensors differs"
    ),
    "record edited to match": Disturbance(
        edit_record_to_match,
        AFTER_ACCURACY - {"accuracy"},
        "figure",
        "stale",
        "demo2024/table/accuracy was made again",
    ),
    "missing output": Disturbance(
        drop_figure, AFTER_FIGURE, "figure", "missing", "F1-accuracy.svg is missing"
    ),
    "missing record": Disturbance(
        drop_record, AFTER_SUMMARY, "summary", "unverifiable", "summary.record.json is missing"
    ),
    "missing run": Disturbance(drop_run, EVERYTHING, "run", "missing", "never made"),
    "clone without engine metadata, parameter": Disturbance(
        clone_and_set_parameter, EVERYTHING, "run", "stale", "learning_rate: 0.003 -> 0.004"
    ),
    "clone without engine metadata, table": Disturbance(
        clone_and_overwrite, AFTER_ACCURACY, "accuracy", "tampered", "accuracy.csv differs"
    ),
}


@pytest.mark.faults
@pytest.mark.parametrize("name", DISTURBANCES)
def test_a_disturbance_is_seen(looker: Looker, workspace: Workspace, name: str) -> None:
    expected = DISTURBANCES[name]
    expected.act(workspace)
    said = looker.look(workspace)
    assert said.planned == expected.jobs
    assert said.status[expected.first].name == expected.state
    assert expected.words in "; ".join(said.status[expected.first].reasons)
    others = {n: state for n, state in said.status.items() if n not in expected.jobs}
    assert {state.name for state in others.values()} <= {"current"}


@pytest.mark.parametrize("name", ["helper module", "table, time restored", "missing record"])
def test_plain_snakemake_plans_the_same(workspace: Workspace, name: str) -> None:
    DISTURBANCES[name].act(workspace)
    assert workspace.planned() == DISTURBANCES[name].jobs


def every_module(workspace: Workspace) -> Iterable[Path]:
    return sorted((workspace.root / "src" / "reprise").rglob("*.py"))


def add_comments(workspace: Workspace) -> None:
    for path in every_module(workspace):
        path.write_text(f"# a remark\n{path.read_text()}\n# another\n")
    for path in (workspace.root / "config.yaml", workspace.paper / "paper.yaml"):
        path.write_text(f"# a remark\n{path.read_text()}")


def rewrite_docstrings(workspace: Workspace) -> None:
    """Print every module anew from its syntax tree: other layout, quotes and docstrings."""
    changed = 0
    for path in every_module(workspace):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
                node
            ):
                node.body[0] = ast.Expr(ast.Constant("Something else."))
                changed += 1
        path.write_text(ast.unparse(ast.fix_missing_locations(tree)))
    assert changed > 100


def edit_unused(workspace: Workspace) -> None:
    """Add and change definitions that nothing reaches."""
    sources = workspace.root / "src"
    for name in (
        "reprise/training/loop.py",
        "reprise/results.py",
        f"papers/{KEY}/tables/accuracy.py",
    ):
        path = sources / name
        path.write_text(f"{path.read_text()}\n\ndef nobody_calls_this():\n    return 1\n")
    edit(sources / "reprise" / "training" / "optimizers.py", "optax.contrib.muon(", "print(")


def move_definitions(workspace: Workspace) -> None:
    """A helper and a table function go to other modules, under the same names."""
    sources = workspace.root / "src"
    move(sources, "reprise.training.optimizers", "_add_l1_gradient", "reprise.training.penalties")
    move(sources, f"papers.{KEY}.tables.accuracy", "accuracy", f"papers.{KEY}.tables.curves")


def move(sources: Path, module: str, name: str, target: str) -> None:
    """Cut a function out of ``module`` and import it from the new module ``target``."""
    path = sources / f"{module.replace('.', '/')}.py"
    text = path.read_text()
    body = ast.parse(text).body
    (function,) = (n for n in body if isinstance(n, ast.FunctionDef) and n.name == name)
    source = ast.get_source_segment(text, function)
    imports = [n for n in body if isinstance(n, ast.Import | ast.ImportFrom)]
    head = "\n".join(map(ast.unparse, imports))
    path.with_name(f"{target.rpartition('.')[2]}.py").write_text(f"{head}\n\n\n{source}\n")
    assert source is not None
    last = ast.get_source_segment(text, imports[-1])
    assert last is not None
    moved = text.replace(source, "").replace(last, f"{last}\nfrom {target} import {name}", 1)
    path.write_text(moved)


HARMLESS: dict[str, Disturb] = {
    "nothing": lambda w: None,
    "comments": add_comments,
    "docstrings, layout and quotes": rewrite_docstrings,
    "unused definitions": edit_unused,
    "definitions moved": move_definitions,
    "touched files": lambda w: [p.touch() for p in w.root.rglob("*.*") if p.is_file()],
    "random time stamps": shuffle_times,
    "clone without engine metadata": drop_metadata,
}


@pytest.mark.faults
@pytest.mark.parametrize("name", HARMLESS)
def test_nothing_is_redone_for(looker: Looker, workspace: Workspace, name: str) -> None:
    HARMLESS[name](workspace)
    said = looker.look(workspace)
    assert {n: state for n, state in said.status.items() if state.name != "current"} == {}
    assert said.planned == set()


@pytest.mark.parametrize(
    ("paper", "old", "new", "item"),
    [
        ("yadlowsky2023", "1.0 - given", "0.5 - given", "Mixture.shares"),
        ("vonoswald2023", '"plain": (', '"plain": ("zero", ', "SLOTS"),
    ],
)
def test_a_property_or_constant_of_a_spec_makes_the_runs_stale_that_use_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, paper: str, old: str, new: str, item: str
) -> None:
    """The plain graph of a paper, with records but without trainings; then its spec is edited."""
    config = Config(scale="smoke", papers=[paper])
    nodes = [n for n in build(config).nodes.values() if n.kind == "run"]
    name = f"papers.{paper}.spec:{item}"
    reached = {node.id for node in nodes if name in node.code}
    assert reached
    for node in nodes:
        for path in node.outputs:
            write_bytes(tmp_path / path, b"")
        write_record(tmp_path, node, {}, EXECUTION)
    edited = tmp_path / "src"
    shutil.copytree(source_root(), edited, ignore=shutil.ignore_patterns("__pycache__"))
    edit(edited / "papers" / paper / "spec.py", old, new)
    monkeypatch.setattr(closures, "source_root", lambda: edited)
    found = states(build(config), Tree.own(tmp_path, "smoke"))
    stale = {node.id: found[node.id] for node in nodes if found[node.id].name != "current"}
    assert set(stale) == reached
    assert {state.reasons for state in stale.values()} == {(f"code {name} changed",)}


def test_plain_snakemake_plans_nothing_in_a_clone(workspace: Workspace) -> None:
    drop_metadata(workspace)
    assert workspace.planned() == set()


def test_a_moved_project_with_spaces_in_its_path_is_current(
    looker: Looker, template: Workspace, tmp_path: Path
) -> None:
    moved = copy_workspace(template, tmp_path / "ein Ordner mit Größe")
    said = looker.look(moved)
    assert {state.name for state in said.status.values()} == {"current"}
    assert moved.planned() == said.planned == set()


def test_an_earlier_setting_finds_its_run_again(workspace: Workspace) -> None:
    before = workspace.digests()
    set_parameter(workspace)
    workspace.run()
    runs = list(workspace.results.glob("demo2024/runs/parity/*"))
    assert len(runs) == 2
    trained = {path: path.stat().st_mtime_ns for run in runs for path in run.iterdir()}
    edit(workspace.paper / "paper.yaml", "learning_rate: 0.004", "learning_rate: 0.003")
    assert "run" not in workspace.planned()
    workspace.run()
    assert {path: path.stat().st_mtime_ns for run in runs for path in run.iterdir()} == trained
    after = workspace.digests()
    assert {path: after[path] for path in before} == before
