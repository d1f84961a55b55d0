"""The tables of ``docs/performance.md``: what was measured, and the powers by which it grows."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.scaling_nodes import COMMANDS
from benchmarks.scaling_plots import draw
from reprise.report.readme import replace_block
from reprise.storage.atomic import write_bytes, write_text

PAGE = Path("docs/performance.md")
PICTURES = Path("docs/performance")
LAYERS = {
    "linear": "linear attention",
    "mesa": "mesa-layer",
    "mesa_autodiff": "mesa-layer, autodiff",
    "softmax": "softmax attention",
}
NODES = (*COMMANDS, "make a table")
_MB = 1e6

Points = Sequence[dict[str, float]]


def publish(measured: dict[str, Any], root: Path) -> None:
    """Draw the plots and fill the blocks of the page in ``root``."""
    for name, pictures in draw(measured).items():
        write_bytes(root / PICTURES / f"{name}.svg", pictures["svg"])
    text = (root / PAGE).read_text(encoding="utf-8")
    for name, content in blocks(measured).items():
        text = replace_block(text, name, content)
    write_text(root / PAGE, text)


def blocks(measured: dict[str, Any]) -> dict[str, str]:
    """Block of the page -> its Markdown."""
    sweeps = measured["sweeps"]
    return {
        "machine": machine(measured["machine"]),
        "growth": growth(sweeps),
        "nodes": nodes_table(sweeps),
    }


def machine(found: dict[str, Any]) -> str:
    """Where and when, in one sentence."""
    made = found["commit"]
    sha = (made["sha"] or "unknown")[:12] + (" with edits" if made["dirty"] else "")
    return (
        f"Measured on {found['date']} on {found['cpu']}, {found['cores']} cores, with a load of "
        f"{found['load']} when it began; Python {found['python']}, JAX {found['jax']}, "
        f"Snakemake {found['snakemake']}, commit {sha}."
    )


def exponent(points: Points, field: str) -> float:
    """Slope of a straight line through ``field`` against ``x``, both as logarithms."""
    x, y = (np.log([point[name] for point in points]) for name in ("x", field))
    # Rounded, so that a constant has the power 0.00 and not -0.00.
    return round(float(np.polyfit(x, y, 1)[0]), 6) + 0.0


def growth(sweeps: dict[str, Points]) -> str:
    """Every sweep: the power over all sizes, and between the two largest."""
    lines = _head("of", "time", "at the end", "memory", "at the end")
    for name in filter(sweeps.__contains__, ("steps", "members", *LAYERS, *COMMANDS)):
        points = sweeps[name]
        what, of = _words(name)
        memory = "work_bytes" if "work_bytes" in points[0] else "peak_bytes"
        powers = [
            f"{what}<sup>{exponent(some, field):.2f}</sup>"
            for field in ("seconds", memory)
            for some in (points, points[-2:])
        ]
        lines.append(_row(of, *powers))
    return "\n".join(lines)


def nodes_table(sweeps: dict[str, Points]) -> str:
    """Seconds and megabytes of every command at every size, and our share of Snakemake's time."""
    lines = _head(
        "nodes",
        *(f"{name}, s" for name in COMMANDS),
        "of it ours",
        "making a table, ms",
        *(f"{name}, MB" for name in COMMANDS),
    )
    for points in zip(*(sweeps[name] for name in NODES), strict=True):
        at = dict(zip(NODES, points, strict=True))
        ours = at["plan"]["seconds"] / at["snakemake -n"]["seconds"]
        lines.append(
            _row(
                f"{points[0]['x']:,.0f}",
                *(f"{at[name]['seconds']:.1f}" for name in COMMANDS),
                f"{ours:.0%}",
                f"{1e3 * at['make a table']['seconds']:.0f}",
                *(f"{at[name]['peak_bytes'] / _MB:.0f}" for name in COMMANDS),
            )
        )
    return "\n".join(lines)


def _words(sweep: str) -> tuple[str, str]:
    if sweep in LAYERS:
        return "tokens", LAYERS[sweep]
    whole = {"steps": "a training", "members": "an update of all members"}
    return (sweep, whole[sweep]) if sweep in whole else ("nodes", f"`{_command(sweep)}`")


def _command(name: str) -> str:
    return "reprise run, nothing to do" if name == "no-op run" else " ".join(COMMANDS[name][:2])


def _head(*names: str) -> list[str]:
    return [_row(*names), _row("--:", *["--:"] * (len(names) - 1))]


def _row(*cells: str) -> str:
    return f"| {' | '.join(cells)} |"
