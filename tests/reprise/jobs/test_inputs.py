"""What a table receives: jobs joined in order, every file checked against its record."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from small_world import EXECUTION
from training_jobs import PARITY, run

from reprise.graph.nodes import Node
from reprise.jobs import make as produce
from reprise.jobs.make import Parents, load_inputs
from reprise.jobs.train import metrics
from reprise.records.record import write_record
from reprise.records.tree import Tree
from reprise.results import csv_bytes
from reprise.specs.runs import JobSpec, jobs
from reprise.storage.atomic import write_bytes
from reprise.storage.tensors import DamagedFile, encode

FAILED = [[-1, 40], [-1, -1]]


def node(
    kind: str,
    name: str,
    spec: dict[str, Any],
    outputs: tuple[str, ...],
    *inputs: str,
    job: JobSpec | None = None,
) -> Node:
    folder = f"results/cpu/{kind}/{name}"
    return Node(
        id=f"demo/{kind}/{name}",
        kind=kind,
        paper="demo",
        name=name,
        scale="cpu",
        spec=spec,
        code={},
        inputs=inputs,
        files={},
        fingerprint=f"{kind}{name}",
        outputs=tuple(f"{folder}/{output}" for output in outputs),
        record=f"{folder}/record.json",
        job=job,
    )


@pytest.fixture
def finished(tmp_path: Path) -> tuple[Path, list[Node]]:
    """Two jobs of a run with two members each: numbers that tell job, member and row."""
    spec = run(PARITY, members={"model.hidden": [2, 3], "seed": [5, 6]})
    nodes = []
    for number, job in enumerate(jobs(spec)):
        files = ("params.safetensors", "views.safetensors", "metrics.csv")
        made = node("run", f"main/{number:02d}", json.loads(job.model_dump_json()), files, job=job)
        params, views, table = (tmp_path / path for path in made.outputs)
        member = np.array([10.0 * number, 10.0 * number + 1])
        hidden = job.run.model.hidden
        write_bytes(params, encode({"w": member[:, None] * np.ones(hidden)}, {}))
        snapshots = {"W": member[:, None] + np.zeros((2, 3)), "steps": np.array([0, 60, 120])}
        write_bytes(views, encode(snapshots, {}))
        traces = {"train_loss": member[:, None] + np.array([0.5, 0.25])}
        write_bytes(table, csv_bytes(metrics(traces, np.array([0, 120]))))
        write_record(tmp_path, made, {}, {**EXECUTION, "failed_at_step": FAILED[number]})
        nodes.append(made)
    return tmp_path, nodes


def inputs(root: Path, nodes: list[Node]) -> Any:
    table = node("table", "t", {"runs": ["main"]}, ("t.csv",), *(n.id for n in nodes))
    return load_inputs(table, Parents(Tree.own(root, "cpu"), nodes))


def test_jobs_are_joined_in_their_order(finished: tuple[Path, list[Node]]) -> None:
    run = inputs(*finished).runs["main"]
    assert run.members["model.hidden"].tolist() == [2, 2, 3, 3]
    assert run.members["seed"].tolist() == [5, 6, 5, 6]
    assert run.members.index.tolist() == [0, 1, 2, 3]
    np.testing.assert_array_equal(run.members["failed_at_step"], [np.nan, 40, np.nan, np.nan])
    assert [p["w"].tolist() for p in run.params] == [[0, 0], [1, 1], [10] * 3, [11] * 3]
    assert [v["W"].tolist() for v in run.views] == [[0] * 3, [1] * 3, [10] * 3, [11] * 3]
    assert run.snapshot_steps.tolist() == [0, 60, 120]
    expected = [
        (m, s, 10 * (m // 2) + m % 2 + d) for m in range(4) for s, d in ((0, 0.5), (120, 0.25))
    ]
    found = run.metrics[["member", "step", "train_loss"]].itertuples(index=False)
    assert [tuple(row) for row in found] == expected


def test_metrics_are_tidy() -> None:
    frame = metrics(
        {"b": np.array([[1, 2], [3, 4]]), "a": np.array([[5, 6], [7, np.nan]])}, np.array([0, 9])
    )
    pd.testing.assert_frame_equal(
        frame,
        pd.DataFrame(
            {
                "member": [0, 0, 1, 1],
                "step": [0, 9, 0, 9],
                "a": [5.0, 6.0, 7.0, np.nan],
                "b": [1.0, 2.0, 3.0, 4.0],
            }
        ),
    )


@pytest.mark.parametrize("name", ["params.safetensors", "views.safetensors", "metrics.csv"])
def test_any_altered_file_is_refused(finished: tuple[Path, list[Node]], name: str) -> None:
    root, nodes = finished
    path = root / next(output for output in nodes[1].outputs if output.endswith(name))
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(DamagedFile, match=name):
        inputs(root, nodes)


def test_references_datasets_tables_and_parameters_come_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(produce, "papers_folder", lambda: tmp_path)
    reference = tmp_path / "demo" / "reference" / "paper.csv"
    reference.parent.mkdir(parents=True)
    reference.write_text("name,x\nNA,0.1\n")
    dataset = node("dataset", "prompts", {}, ("data.safetensors",))
    write_bytes(tmp_path / dataset.outputs[0], encode({"x": np.arange(3)}, {}))
    table = node("table", "first", {}, ("first.csv",))
    write_bytes(tmp_path / table.outputs[0], b"a\n0.1\n")
    for made in (dataset, table):
        write_record(tmp_path, made, {}, EXECUTION)
    spec = {"runs": [], "reference": ["paper.csv"], "params": {"threshold": 0.5}}
    wanted = node("table", "second", spec, ("second.csv",), dataset.id, table.id)
    parents = Parents(Tree.own(tmp_path, "cpu"), [dataset, table])
    found = load_inputs(wanted, parents)
    assert found.datasets["prompts"]["x"].tolist() == [0, 1, 2]
    assert found.tables["first"]["a"].tolist() == [0.1]
    assert found.reference["paper"].values.tolist() == [["NA", 0.1]]
    assert found.params == {"threshold": 0.5}
    assert set(parents.digests(wanted)) == {dataset.id, table.id}


def test_the_seeds_that_a_figure_shows_as_examples_are_those_that_its_tables_mark() -> None:
    curves = pd.DataFrame({"seed": [3, 4, 4], "shown": [False, True, True], "loss": 1.0})
    other = pd.DataFrame({"seed": [7.0, np.nan], "shown": [1, 0]})
    plain = pd.DataFrame({"seed": [0, 1]})
    assert produce.shown_seeds({"curves": curves, "plain": plain}) == ["example: seed 4"]
    assert produce.shown_seeds({"a": curves, "b": other}) == ["examples: seed 4, 7"]
    assert produce.shown_seeds({"plain": plain}) == []
