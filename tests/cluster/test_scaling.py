"""The benchmark of growth, run whole on toy sizes."""

import shutil
from pathlib import Path

from benchmarks.scaling import QUICK, ROOT, measure
from benchmarks.scaling_nodes import COMMANDS
from benchmarks.scaling_page import PAGE, PICTURES, blocks, publish

MB = 2**20
PUBLISHED = ("training", "length", "graph")


def test_the_whole_benchmark_measures_writes_and_draws(tmp_path: Path) -> None:
    measured = measure(QUICK)
    sweeps = measured["sweeps"]
    assert set(sweeps) == {"steps", "members", "mesa", "make a table", *COMMANDS}
    for name, points in sweeps.items():
        (point,) = points
        assert point["seconds"] > 0
        assert name == "make a table" or point["peak_bytes"] > 10 * MB
        points.append({**point, "x": 2 * point["x"]})  # a law has two points
    (tmp_path / "docs").mkdir()
    shutil.copy2(ROOT / PAGE, tmp_path / PAGE)
    (tmp_path / "results").symlink_to(ROOT / "results")
    publish(measured, tmp_path)
    for name in PUBLISHED:
        assert (tmp_path / PICTURES / f"{name}.svg").read_bytes().startswith(b"<?xml")
    shown = (tmp_path / PAGE).read_text(encoding="utf-8")
    for block in blocks(measured).values():
        assert block in shown
