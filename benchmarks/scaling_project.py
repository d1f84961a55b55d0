"""A project with a synthetic graph of any size.

A unit has the proportions of the four papers: one dataset, three jobs of a run, four tables and
three figures, eight of them with an entry function of their own. Papers hold up to 91 units, so
that the graph grows by papers beyond 1,000 nodes.
"""

import json
import math
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
UNIT, UNITS = 11, 91
"""Nodes of a unit, and the most units of a paper."""
_COPIED = ("Snakefile", "environment.yml", "requirements/lock.txt")
_SCAFFOLDED = (
    "spec.py",
    "tasks/__init__.py",
    "tasks/parity.py",
    "models/__init__.py",
    "models/mlp.py",
)
"""What a paper takes from the template of new ones."""
_DATASET = '''
def d{i}(params: dict[str, Any], seed: int) -> dict[str, np.ndarray]:
    """Points {i}."""
    return {{"x": np.arange(params["size"]) + seed + {i}}}
'''
_TABLES = '''
def a{i}(inputs: Inputs) -> pd.DataFrame:
    """Table a {i}."""
    return value({i}, float(inputs.runs["r{i}"].metrics["test_accuracy"].max()))


def b{i}(inputs: Inputs) -> pd.DataFrame:
    """Table b {i}."""
    return value({i}, float(inputs.tables["a{i}"]["value"].sum()))


def c{i}(inputs: Inputs) -> pd.DataFrame:
    """Table c {i}."""
    return value({i}, float(inputs.datasets["d{i}"]["x"].mean()))


def e{i}(inputs: Inputs) -> pd.DataFrame:
    """Table e {i}."""
    return value({i}, float(sum(table["value"].sum() for table in inputs.tables.values())))
'''
_FIGURE = '''
def {name}{i}(tables: Mapping[str, pd.DataFrame]) -> Figure:
    """Figure {name} {i}."""
    return bars(tables, {i})
'''
_MODULES = {
    "data": '"""Points."""\n\nfrom typing import Any\n\nimport numpy as np\n',
    "tables": '''"""Tables."""

import pandas as pd

from reprise.results import Inputs


def value(unit: int, number: float) -> pd.DataFrame:
    """One row."""
    return pd.DataFrame({"unit": [unit], "value": [number]})
''',
    "figures": '''"""Figures."""

from collections.abc import Mapping

import pandas as pd
from matplotlib.figure import Figure

from reprise.plotting import theme


def bars(tables: Mapping[str, pd.DataFrame], unit: int) -> Figure:
    """One bar per table."""
    figure, axes = theme.figure()
    axes.bar(list(tables), [table["value"].iloc[0] for table in tables.values()])
    axes.set(title=f"unit {unit}", ylabel="value")
    return figure
''',
}
RUN = {
    "task": {"name": "parity", "digits": 6, "relevant": 2, "train_size": 20, "test_size": 20},
    "model": {"name": "mlp", "hidden": 4},
    "optimizer": {"name": "adamw", "learning_rate": 0.003, "weight_decay": 0.1},
    "steps": 20,
    "log_every": 10,
    "members": {"seed": [0, 1, 2]},
    "members_per_job": 1,
}


def write_project(root: Path, nodes: int) -> None:
    """A project in ``root`` whose graph has about ``nodes`` nodes (at least), nothing made yet."""
    for name in _COPIED:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name)
    shutil.copytree(ROOT / "workflow", root / "workflow")
    (root / "profiles").symlink_to((ROOT / "profiles").readlink())
    shutil.copytree(ROOT / "src", root / "src", ignore=_without_papers)
    (root / "config.yaml").write_text("scale: smoke\npapers: all\nseeds: null\n")
    units = math.ceil((nodes - 1) / UNIT)
    for paper in range(math.ceil(units / UNITS)):
        own = range(paper * UNITS, min(units, (paper + 1) * UNITS))
        _write_paper(root / "src/papers", f"growth{paper:04d}", own)


def _without_papers(folder: str, names: list[str]) -> list[str]:
    inside = Path(folder)
    papers = [n for n in names if inside.name == "papers" and (inside / n).is_dir()]
    return [*papers, *(n for n in names if n == "__pycache__")]


def _write_paper(papers: Path, key: str, units: range) -> None:
    folder = papers / key
    folder.mkdir()
    (folder / "__init__.py").write_text(f'"""Paper {key}."""\n')
    code = {
        "data": [_DATASET.format(i=i) for i in units],
        "tables": [_TABLES.format(i=i) for i in units],
        "figures": [_FIGURE.format(name=name, i=i) for i in units for name in "fgh"],
    }
    for name in _SCAFFOLDED:
        text = (ROOT / "src/reprise/cli/scaffold/paper" / f"{name}.tmpl").read_text()
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text.replace("@KEY@", key))
    for name, functions in code.items():
        (folder / f"{name}.py").write_text("\n".join([_MODULES[name], *functions]))
    # JSON is YAML, too.
    (folder / "paper.yaml").write_text(json.dumps(_paper(key, units), indent=1))
    (folder / "claims.yaml").write_text(json.dumps(_claims(units), indent=1))
    table = "| setting | paper | ours | why |\n|---|---|---|---|\n| size | 1 | 2 | a benchmark |\n"
    (folder / "README.md").write_text(f"# {key}\n\n## Deviations\n\n{table}")


def _paper(key: str, units: range) -> dict[str, Any]:
    texts = {"title": "Title", "source": "Figure", "caption": "What is seen."}
    read = {"f": "a", "g": "b", "h": "ce"}
    return {
        "key": key,
        "title": f"Growth {key}",
        "authors": "A. Body",
        "year": 2024,
        "link": "https://example.org",
        "abstract": "A synthetic graph.",
        "datasets": {f"d{i}": {"entry": f"data:d{i}", "params": {"size": 8}} for i in units},
        "runs": {f"r{i}": RUN for i in units},
        "tables": dict(entry for i in units for entry in _tables(i)),
        "figures": {
            f"{name}{i}": {"entry": f"figures:{name}{i}", "tables": [f"{t}{i}" for t in from_]}
            | texts
            for i in units
            for name, from_ in read.items()
        },
    }


def _tables(i: int) -> Iterator[tuple[str, dict[str, Any]]]:
    yield f"a{i}", {"entry": f"tables:a{i}", "runs": [f"r{i}"], "datasets": [f"d{i}"]}
    yield f"b{i}", {"entry": f"tables:b{i}", "tables": [f"a{i}"]}
    yield f"c{i}", {"entry": f"tables:c{i}", "datasets": [f"d{i}"]}
    yield f"e{i}", {"entry": f"tables:e{i}", "tables": [f"b{i}", f"c{i}"]}


def _claims(units: range) -> dict[str, Any]:
    return {
        "claims": {
            f"claim{i}": {
                "figure": f"f{i}",
                "statement": "It is there.",
                "source": "Figure",
                "criterion": {"table": f"e{i}", "at_least": 0.0},
                "threshold": {"source": "ours", "why": "Any number will do."},
            }
            for i in units
        }
    }
