"""The benchmark of growth: its laws, its page, and memory that more steps do not need."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from benchmarks import scaling_plots, scaling_point
from benchmarks.scaling import RESULTS, ROOT
from benchmarks.scaling_page import PAGE, PICTURES, blocks, exponent
from benchmarks.scaling_project import write_project

from reprise.specs.runs import JobSpec, jobs

PUBLISHED = ("training", "length", "graph")


def law(power: float) -> list[dict[str, float]]:
    """Points of y = 3 x^power."""
    return [{"x": x, "seconds": 3 * x**power} for x in (1.0, 10.0, 1000.0)]


@pytest.mark.parametrize("power", [0.0, 0.5, 1.0, 2.0])
def test_a_power_law_has_its_power(power: float) -> None:
    assert exponent(law(power), "seconds") == pytest.approx(power)
    assert scaling_plots.power(law(power), "seconds") == pytest.approx(power)


def test_the_power_at_the_end_is_of_the_two_largest() -> None:
    points = [*law(0.0), {"x": 2000.0, "seconds": 6.0}]
    assert scaling_plots.power(points, "seconds") == pytest.approx(1.0)
    assert exponent(points, "seconds") < 0.2


def test_the_page_shows_what_was_measured() -> None:
    measured = json.loads(RESULTS.read_text(encoding="utf-8"))
    shown = (ROOT / PAGE).read_text(encoding="utf-8")
    for name, block in blocks(measured).items():
        assert f"<!-- {name}:begin -->\n{block}\n<!-- {name}:end -->" in shown
    for name in PUBLISHED:
        assert (ROOT / PICTURES / f"{name}.svg").is_file()
        assert f"(performance/{name}.svg)" in shown


@pytest.mark.parametrize("nodes", [20, 60])
def test_a_project_has_the_size_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, nodes: int
) -> None:
    from reprise.graph.build import build
    from reprise.specs.load import load_config

    write_project(tmp_path, nodes)
    papers = tmp_path / "src" / "papers"
    for room in ("specs.load", "graph.build"):
        monkeypatch.setattr(f"reprise.{room}.papers_folder", lambda: papers)
    monkeypatch.setattr("reprise.graph.closure.source_root", lambda: papers.parent)
    monkeypatch.setattr("papers.__path__", [str(papers)])
    graph = build(load_config(tmp_path / "config.yaml"))
    assert nodes <= len(graph.nodes) < nodes + 12
    kinds = [node.kind for node in graph.nodes.values()]
    assert kinds.count("run") == kinds.count("figure") == 3 * kinds.count("dataset")


def test_the_program_needs_the_same_memory_however_many_updates() -> None:
    """Of the compiler's own count: eight times the updates, not one byte more."""
    few, many = (scaling_point._program_bytes(small_job(updates)) for updates in (200, 1600))
    assert few == many > 10_000


def test_a_training_leaves_nothing_behind_on_the_device() -> None:
    """Live arrays of a training of 32 times the updates take no more room than of a short one."""
    (few, short), (many, long) = (most_alive(updates) for updates in (100, 3200))
    assert long > short
    assert few > 1000
    assert many <= 1.05 * few


def small_job(updates: int) -> JobSpec:
    """A network that compiles in a second, trained with ten logged rows."""
    spec = scaling_point._parity(1)
    return jobs(spec.model_copy(update={"steps": updates, "log_every": updates // 10}))[0]


def most_alive(updates: int) -> tuple[int, int]:
    """The most bytes of live arrays that a training adds, and how often it returned to the host."""
    import gc

    import jax

    from reprise.training.loop import train

    gc.collect()
    before = {id(array) for array in jax.live_arrays()}
    seen: list[int] = []

    def report(progress: Any) -> None:
        own = (array for array in jax.live_arrays() if id(array) not in before)
        seen.append(sum(array.nbytes for array in own))

    train(small_job(updates), Nowhere(), report, save_every_s=2e-3)
    return max(seen), len(seen)


class Nowhere:
    """A store that keeps nothing."""

    def save(self, position: int, arrays: Any, header: Any) -> None:
        assert not np.isnan(position)

    def newest(self) -> None:
        return None
