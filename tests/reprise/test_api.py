"""Results as data: what a tree gives, and what it says where it cannot."""

import json
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pandas as pd
import pytest
from small_world import EXECUTION
from training_jobs import PARITY
from training_jobs import run as run_of

import reprise
from papers.pearce2023.tasks import parity
from reprise.api import Results, described
from reprise.cli.export import export_tables
from reprise.graph.closure import closure
from reprise.graph.nodes import Node
from reprise.jobs.train import metrics
from reprise.records.record import read_record, write_record
from reprise.records.tree import lock_text
from reprise.results import csv_bytes
from reprise.specs.errors import ConfigError
from reprise.specs.runs import JobSpec, jobs
from reprise.storage.atomic import write_bytes, write_text
from reprise.storage.tensors import DamagedFile, encode

PAPER, STEPS = "pearce2023", [0, 60, 120]
RUN_FILES = ("params.safetensors", "views.safetensors", "metrics.csv")
LOST = 40
SUMMARY = pd.DataFrame({"quantity": "rise_K", "seed": [3, 4, 5], "value": [0.25, 0.5, np.nan]})
VERDICTS = pd.DataFrame({"paper": PAPER, "claim": ["grokking"], "verdict": ["reproduced"]})


def node(kind: str, name: str, files: tuple[str, ...], inputs: tuple[Node, ...] = ()) -> Node:
    place = f"results/cpu/{PAPER}/{kind}s/{name}"
    apart = kind in ("run", "dataset")
    outputs = tuple(f"{place}-f00d/{file}" if apart else f"{place}{file}" for file in files)
    return Node(
        id=f"{PAPER}/{kind}/{name}",
        kind=kind,
        paper=PAPER,
        name=name,
        scale="cpu",
        spec={},
        code={},
        inputs=tuple(parent.id for parent in inputs),
        files={},
        fingerprint=f"{kind}{name}",
        outputs=outputs,
        record=f"{place}-f00d/record.json" if apart else f"{place}.record.json",
    )


def finish(root: Path, made: Node, content: dict[str, bytes], *parents: Node, **said: Any) -> Node:
    for path in made.outputs:
        write_bytes(root / path, next(v for k, v in content.items() if path.endswith(k)))
    seen = {p.id: read_record(root / p.record) for p in parents}
    inputs = {i: {"fingerprint": r.fingerprint, "outputs": r.outputs} for i, r in seen.items()}
    write_record(root, made, inputs, {**EXECUTION, **said})
    return made


def training(root: Path, name: str, number: int, job: JobSpec, code: dict[str, str]) -> Node:
    """A job whose weights tell the seed and the step: trained ones are 100 more than at step 0."""
    made = node("run", f"{name}/{number:02d}", RUN_FILES)
    made.spec.update(json.loads(job.model_dump_json()))
    made.code.update(code)
    seeds = np.array([float(member["seed"]) for member in job.members], np.float32)
    inputs, hidden = job.run.task.digits + 1, job.run.model.hidden  # type: ignore[attr-defined]
    shapes = {"in_projection": (inputs, hidden), "out_projection": (hidden,)}
    params, views = {}, {"steps": np.array(STEPS)}
    for name, shape in shapes.items():
        base = seeds.reshape(-1, *(1,) * len(shape)) * np.ones(shape, np.float32) / 10
        params[name] = base + 100
        kept = np.stack([base + step for step in STEPS], axis=1)
        if job.run.snapshots and "params" in job.run.snapshots.views:
            views[f"params.{name}"] = kept
        elif name == "in_projection":
            views["W_input"] = kept
    traces = {"train_loss": seeds[:, None] + np.array([0.5, 0.25])}
    content = {
        "params.safetensors": encode(params, {}),
        "views.safetensors": encode(views, {}),
        "metrics.csv": csv_bytes(metrics(traces, np.array([0, 120]))),
    }
    failed = [LOST if member["seed"] == 5 else -1 for member in job.members]
    return finish(root, made, content, failed_at_step=failed)


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, the first of two jobs, a table and a figure of them, a dataset, a verdict."""
    root = tmp_path_factory.mktemp("results as data")
    axes = {"model.hidden": [2, 3], "seed": [3, 4, 5]}
    wide = run_of(PARITY, members=axes, snapshots={"every": 60, "views": ["params"]})
    code = {k: v for k, v in closure(["papers.pearce2023.models.parity_mlp"]).items() if ":" in k}
    runs = [training(root, "main", i, job, code) for i, job in enumerate(jobs(wide))]
    (few,) = jobs(run_of(PARITY, snapshots={"every": 60, "views": ["W_input"]}))
    other = training(root, "few", 0, few, dict.fromkeys(code, "0" * 64))
    table = node("table", "parity_sweep_seeds", (".csv",), (*runs, other))
    finish(root, table, {".csv": csv_bytes(SUMMARY)}, *runs, other)
    # A job of an earlier grid, which no table reads.
    training(root, "main", 2, few, code)
    figure = node("figure", "F8-parity-sweep", (".svg",), (table,))
    finish(root, figure, {".svg": b"<svg></svg>"}, table)
    data = node("dataset", "prompts", ("data.safetensors",))
    finish(root, data, {"data.safetensors": encode({"x": np.arange(3)}, {})})
    verdict = node("verdict", "verdicts", (".csv",), (table,))
    place = f"results/cpu/{PAPER}/verdicts"
    verdict = replace(verdict, outputs=(f"{place}.csv",), record=f"{place}.record.json")
    finish(root, verdict, {".csv": csv_bytes(VERDICTS)}, table)
    return root / "results" / "cpu"


@pytest.fixture
def results(tree: Path) -> Results:
    return reprise.open(tree)


def test_everything_has_the_names_of_reprise_list(results: Results) -> None:
    assert results.papers == (PAPER,)
    assert results.tables == (f"{PAPER}/parity_sweep_seeds",)
    assert results.runs == (f"{PAPER}/few", f"{PAPER}/main")
    assert results.datasets == (f"{PAPER}/prompts",)
    assert "at scale cpu: 1 tables, 2 runs, 1 datasets" in repr(results)


def test_tables_datasets_and_verdicts_are_what_was_written(results: Results) -> None:
    pd.testing.assert_frame_equal(results.table(results.tables[0]), SUMMARY)
    assert results.dataset(results.datasets[0])["x"].tolist() == [0, 1, 2]
    pd.testing.assert_frame_equal(results.claims(), VERDICTS)


def test_every_column_is_explained(results: Results) -> None:
    columns = results.columns(results.tables[0]).set_index("column")
    assert columns["unit"].to_dict() == {
        "quantity": "text",
        "seed": "index",
        "value": "of quantity",
    }
    assert "rise_K: Change of the grokking share" in columns.at["quantity", "meaning"]
    with pytest.raises(ConfigError, match="the column 'odd' has no meaning and no unit"):
        described(SUMMARY.assign(odd=1), PAPER, "parity_sweep_seeds")
    with pytest.raises(ConfigError, match="quantity 'fall_K' has no meaning"):
        described(SUMMARY.assign(quantity="fall_K"), PAPER, "parity_sweep_seeds")


def test_a_run_has_members_metrics_and_snapshots(results: Results) -> None:
    run = results.run(f"{PAPER}/main")
    assert run.members["seed"].tolist() == [3, 4, 5, 3, 4, 5]
    assert run.members["failed_at_step"].isna().tolist() == [True, True, False] * 2
    assert run.metrics.loc[run.metrics["step"] == 120, "train_loss"].tolist() == [
        seed + 0.25 for seed in run.members["seed"]
    ]
    assert run.snapshot_steps.tolist() == STEPS
    assert run.views(hidden=3, seed=4)["params.in_projection"].shape == (3, 7, 3)
    assert "parity_mlp on parity, 120 steps, 6 members of seeds 3–5" in repr(run)


def test_a_network_computes_what_its_weights_say(results: Results) -> None:
    run = results.run(f"{PAPER}/main")
    data = run.data(hidden=3, seed=4)["test"]
    x = np.asarray(data["x"], float)
    expected = parity.splits(run.spec.task, 4)["test"]["x"]  # type: ignore[arg-type]
    np.testing.assert_array_equal(data["x"], expected)
    for step, weight in ((None, 100.4), (60, 60.4)):
        module: Any = run.network(hidden=3, seed=4, step=step)
        by_hand = np.maximum(x @ np.full((7, 3), weight), 0) @ np.full(3, weight)
        np.testing.assert_allclose(module(jnp.asarray(data["x"])), by_hand, rtol=1e-5)


@pytest.mark.parametrize(
    ("axes", "says"),
    [
        ({}, r"6 networks have that; choose by model\.hidden: 2, 3; seed: 3, 4, 5"),
        ({"seed": 3}, "2 networks have that; choose by model.hidden: 2, 3"),
        ({"seed": 7}, r"no network with seed=7 \(choose from '3', '4', '5'\)"),
        ({"sead": 3}, r"no axis 'sead' \(did you mean 'seed'\?\)"),
        ({"hidden": 2, "seed": 5}, "member 2 reached NaN at step 40"),
        ({"hidden": 2, "seed": 3, "step": 70}, "no snapshot at step 70; the nearest one is 60"),
    ],
)
def test_a_network_that_there_is_not(results: Results, axes: dict[str, Any], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        results.run(f"{PAPER}/main").network(**axes)


def test_other_code_and_partial_snapshots_are_told(results: Results) -> None:
    run = results.run(f"{PAPER}/few")
    with pytest.warns(UserWarning, match="trained by other code than today's, which builds"):
        run.network(seed=3)
    with pytest.raises(ConfigError, match="its snapshots hold W_input only, see views"):
        run.network(seed=3, step=60)


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        (lambda r: r.table(f"{PAPER}/parity_sweep_seed"), "did you mean 'pearce2023/parity_sweep_"),
        (lambda r: r.run(f"{PAPER}/mian"), "no run 'pearce2023/mian'.*'pearce2023/main'"),
        (lambda r: r.dataset("prompts"), "no dataset 'prompts'.*'pearce2023/prompts'"),
    ],
)
def test_an_unknown_name_gets_the_nearest(results: Results, ask: Any, says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        ask(results)


def test_what_is_no_tree_says_what_was_looked_for(
    tree: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ConfigError, match=r"is no result tree \(no records in it\).*results/cpu"):
        reprise.open(tree.parent)
    with pytest.raises(ConfigError, match=r"cpuu is no folder \(did you mean"):
        reprise.open(tree.with_name("cpuu"))
    for name in ("config.yaml", "Snakefile"):
        write_text(tree.parents[1] / name, "")
    (tree.parents[1] / "notebooks").mkdir()
    monkeypatch.chdir(tree.parents[1] / "notebooks")
    assert reprise.open("results/cpu").folder == tree


def copied(tree: Path, root: Path) -> Path:
    return Path(shutil.copytree(tree, root / "results" / "cpu"))


def test_a_published_tree_says_how_to_make_its_checkpoints(tree: Path, tmp_path: Path) -> None:
    published = copied(tree, tmp_path)
    for path in [*published.rglob("*.safetensors"), *published.rglob("metrics.csv")]:
        path.unlink()
    write_text(published / "lock.txt", lock_text(published))
    results = reprise.open(published)
    run = results.run(f"{PAPER}/main")
    assert len(run.members) == 6
    for ask in (run.params, lambda: run.metrics, lambda: results.dataset(f"{PAPER}/prompts")):
        with pytest.raises(ConfigError, match=r"published results have no checkpoints.*'make "):
            ask()
    with pytest.raises(ConfigError, match="make figure FIG=pearce2023/F8-parity-sweep SCALE=cpu"):
        run.network(seed=3, hidden=2)


def test_an_altered_file_is_refused(tree: Path, tmp_path: Path) -> None:
    altered = copied(tree, tmp_path)
    results = reprise.open(altered)
    write_bytes(altered / PAPER / "tables" / "parity_sweep_seeds.csv", b"quantity\nrise_K\n")
    with pytest.raises(DamagedFile, match="differs from its record"):
        results.table(f"{PAPER}/parity_sweep_seeds")


def test_an_unreadable_record_is_left_out_and_told(tree: Path, tmp_path: Path) -> None:
    altered = copied(tree, tmp_path)
    write_bytes(altered / PAPER / "tables" / "parity_sweep_seeds.record.json", b"{}")
    with pytest.warns(UserWarning, match=r"left out: .*parity_sweep_seeds\.record\.json"):
        assert reprise.open(altered).tables == ()


def test_tables_are_exported_with_what_they_mean(
    tree: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    verdicts = tree / PAPER / "verdicts.csv"
    for name in ("config.yaml", "Snakefile"):
        write_text(tmp_path / name, "scale: cpu\n" if name == "config.yaml" else "")
    monkeypatch.chdir(tmp_path)
    own = copied(tree, tmp_path)
    assert export_tables(None) == 0
    out = tmp_path / ".reprise" / "tables" / "cpu"
    assert "2 tables, columns.csv" in capsys.readouterr().out
    table = out / PAPER / "parity_sweep_seeds.csv"
    assert table.read_bytes() == (own / PAPER / "tables" / table.name).read_bytes()
    assert (out / "verdicts.csv").read_bytes() == verdicts.read_bytes()
    dictionary = pd.read_csv(out / "columns.csv").set_index(["table", "column"])
    assert dictionary.at[("verdicts", "claim"), "meaning"] == "Name of the claim in claims.yaml."
    assert dictionary.loc[f"{PAPER}/parity_sweep_seeds", "unit"].tolist() == [
        "text",
        "index",
        "of quantity",
    ]
    assert export_tables(own, scale="cpu", papers=[PAPER]) == 0
    assert (out / "verdicts.csv").read_bytes() == verdicts.read_bytes()
    with pytest.raises(ConfigError, match=r"no paper 'pearce2032' \(did you mean 'pearce2023'"):
        export_tables(own, papers=["pearce2032"])
    with pytest.raises(ConfigError, match=r"--scale gpu: .* is of scale cpu"):
        export_tables(own, scale="gpu")
    with pytest.raises(ConfigError, match="holds something else than exported tables"):
        export_tables(own, tmp_path / "results")
    write_bytes(own / PAPER / "tables" / table.name, b"quantity\nrise_K\n")
    assert export_tables(own) == 4
    assert "not exported" in capsys.readouterr().err


def test_importing_reprise_imports_no_library(tmp_path: Path) -> None:
    program = (
        "import sys, reprise; early = {'jax', 'pandas', 'numpy'} & set(sys.modules); reprise.open;"
        "print(early, {'jax', 'flax', 'matplotlib'} & set(sys.modules))"
    )
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert result.stdout == "set() set()\n", result.stderr
