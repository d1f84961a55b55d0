"""One small pipeline, train -> figure, for plain Snakemake and for DVC, as their manuals do it.

Two scripts share a helper module. The training takes its rates as declared parameters and its
number of steps from the config that the engine hands to (or leaves for) the script.
"""

import json
import os
import random
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

CONFIG, HELPERS, TRAIN, FIGURE = "params.json", "helpers.py", "train.py", "figure.py"
WEIGHTS, PICTURE = "weights.json", "figure.svg"
_CONFIG = {"learning_rate": 0.1, "weight_decay": 0.01, "steps": 50}
_HELPERS = '''"""Shared by the scripts."""


def step(weight, rate, decay):
    """One step of descent on (w - 3)^2 with weight decay."""
    return weight - rate * (2 * (weight - 3) + decay * weight)


def scale(value):
    """Pixels."""
    return 20 * value
'''
_TRAIN = '''"""Fits one weight."""

import json

from helpers import step

{setup}
weights = [0.0]
for _ in range(steps):
    weights.append(step(weights[-1], rate, decay))
with open({weights}, "w") as file:
    json.dump(weights, file)
'''
_FIGURE = '''"""Draws the course of the weight."""

import json

from helpers import scale

with open({weights}) as file:
    weights = json.load(file)
points = " ".join(f"{{i}},{{scale(w):.3f}}" for i, w in enumerate(weights))
with open({picture}, "w") as file:
    file.write(f'<svg xmlns="http://www.w3.org/2000/svg"><polyline points="{{points}}"/></svg>')
'''
_SNAKEFILE = """\
configfile: "params.json"

rule figure:
    input: "weights.json"
    output: "figure.svg"
    script: "figure.py"

rule train:
    output: "weights.json"
    params: learning_rate=config["learning_rate"], weight_decay=config["weight_decay"]
    script: "train.py"
"""
_SNAKEMAKE_SETUP = """\
rate, decay = snakemake.params.learning_rate, snakemake.params.weight_decay
steps = snakemake.config["steps"]"""
_DVC_YAML = """\
stages:
  train:
    cmd: python train.py
    deps: [train.py]
    params: [params.json: [learning_rate, weight_decay]]
    outs: [weights.json]
  figure:
    cmd: python figure.py
    deps: [figure.py, weights.json]
    outs: [figure.svg]
"""
_DVC_SETUP = """\
with open("params.json") as file:
    config = json.load(file)
rate, decay, steps = config["learning_rate"], config["weight_decay"], config["steps"]"""


def write_snakemake(folder: Path) -> None:
    """The pipeline for plain Snakemake, not run."""
    _write(folder, _SNAKEMAKE_SETUP, "snakemake.output[0]", "snakemake.input[0]")
    (folder / "Snakefile").write_text(_SNAKEFILE)


def write_dvc(folder: Path) -> None:
    """The pipeline for DVC, not run."""
    _write(folder, _DVC_SETUP, repr(WEIGHTS), repr(WEIGHTS), repr(PICTURE))
    (folder / "dvc.yaml").write_text(_DVC_YAML)


def run(folder: Path, command: list[str], variables: Mapping[str, str] = {}) -> str:
    """Output and errors of ``command`` in ``folder``; raises RuntimeError with them if it fails."""
    environment = {**os.environ, **variables}
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout + done.stderr


def disturbances(metadata: list[str]) -> dict[str, Callable[[Path], None]]:
    """What is done to a finished folder; ``metadata`` are the engine's own, which no clone has."""

    def clone(folder: Path) -> None:
        for name in metadata:
            run(folder, ["rm", "-rf", name])

    def clone_and_change(folder: Path) -> None:
        clone(folder)
        _set(folder, learning_rate=0.2)

    return {
        "swapped": lambda folder: _set(folder, learning_rate=0.01, weight_decay=0.1),
        "indirect": lambda folder: _set(folder, steps=60),
        "helper": lambda folder: _edit(folder / HELPERS, "weight - 3", "weight - 4"),
        "figure": lambda folder: _edit(folder / PICTURE, "</svg>", "<text>by hand</text></svg>"),
        "intermediate": _overwrite_weights,
        "clone": clone_and_change,
        "comment": lambda folder: _each(folder, lambda text: f"{text}# a remark\n"),
        "docstring": lambda folder: _each(
            folder, lambda text: text.replace('"""\n', ' Or so."""\n')
        ),
        "reformat": lambda folder: _each(folder, lambda text: text.replace(", ", ",  ")),
        "touch": lambda folder: touch(_sources(folder)),
        "times": shuffle_times,
        "clone only": clone,
    }


def touch(paths: Iterable[Path]) -> None:
    """Give ``paths`` the date of now."""
    for path in paths:
        os.utime(path)


def shuffle_times(folder: Path) -> None:
    """Random dates for all files but the engine's own, as an unpacked archive may have them."""
    draw = random.Random(0)
    for path in sorted(folder.rglob("*")):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        if path.is_file() and not hidden:
            os.utime(path, (stamp := draw.randrange(10**9, 2 * 10**9), stamp))


def _write(folder: Path, setup: str, trained: str, read: str, drawn: str | None = None) -> None:
    folder.mkdir(parents=True)
    (folder / CONFIG).write_text(json.dumps(_CONFIG, indent=2))
    (folder / HELPERS).write_text(_HELPERS)
    (folder / TRAIN).write_text(_TRAIN.format(setup=setup, weights=trained))
    (folder / FIGURE).write_text(_FIGURE.format(weights=read, picture=drawn or trained))


def _sources(folder: Path) -> list[Path]:
    return [folder / name for name in (TRAIN, FIGURE, HELPERS)]


def _each(folder: Path, change: Callable[[str], str]) -> None:
    for path in _sources(folder):
        before = path.read_text()
        path.write_text(change(before))
        if path.read_text() == before:
            raise ValueError(f"{path.name} was not changed")


def _set(folder: Path, **values: float) -> None:
    path = folder / CONFIG
    path.write_text(json.dumps({**json.loads(path.read_text()), **values}, indent=2))


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    if old not in text:
        raise ValueError(f"{path.name} has no {old!r}")
    path.write_text(text.replace(old, new))


def _overwrite_weights(folder: Path) -> None:
    path = folder / WEIGHTS
    stamp = path.stat()
    path.write_text(json.dumps([*json.loads(path.read_text()), 9.0]))
    os.utime(path, ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
