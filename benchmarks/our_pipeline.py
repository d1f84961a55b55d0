"""The same disturbances for this project: the scaffolded paper at scale smoke, in a copy."""

import ast
import shutil
import sys
from collections.abc import Callable
from pathlib import Path

from benchmarks.peer_pipelines import shuffle_times, touch

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "tests"))

from workspace import Workspace, build_workspace, edit, overwrite

METADATA = [".snakemake", ".reprise"]


def make(folder: Path) -> None:
    """The paper, run."""
    build_workspace(folder).run("--paper", "demo2024", "--scale", "smoke")


def look(folder: Path) -> tuple[bool, bool]:
    """Whether ``reprise status`` and plain ``snakemake -n`` see something to do."""
    workspace = Workspace(folder)
    states = {state.name for state in workspace.status().values()}
    return states != {"current"}, bool(workspace.planned())


def disturbances() -> dict[str, Callable[[Path], None]]:
    """What is done to the finished project, by the names that the peers' have."""
    return {
        "swapped": _swap,
        "indirect": lambda folder: edit(folder / "config.yaml", "seeds: null", "seeds: 4"),
        "helper": lambda folder: edit(
            folder / "src/reprise/training/program.py",
            "purpose.encode()",
            "purpose.upper().encode()",
        ),
        "figure": _overwrite_figure,
        "intermediate": lambda folder: overwrite(
            folder / "results/smoke/demo2024/tables/accuracy.csv", [(b"train", b"training")]
        ),
        "clone": _clone_and_change,
        "comment": lambda folder: _each(folder, lambda text: f"# a remark\n{text}\n# another\n"),
        "docstring": lambda folder: _each(folder, _other_docstrings),
        "reformat": lambda folder: _each(folder, lambda text: ast.unparse(ast.parse(text)) + "\n"),
        "touch": lambda folder: touch(_modules(folder)),
        "times": shuffle_times,
        "clone only": _clone,
    }


def _swap(folder: Path) -> None:
    before = "learning_rate: 0.003, weight_decay: 0.1"
    edit(_paper(folder), before, "learning_rate: 0.1, weight_decay: 0.003")


def _overwrite_figure(folder: Path) -> None:
    path = folder / "results/smoke/demo2024/figures/F1-accuracy.svg"
    edit(path, "</svg>", "<text>by hand</text></svg>")


def _clone(folder: Path) -> None:
    for name in METADATA:
        shutil.rmtree(folder / name)


def _clone_and_change(folder: Path) -> None:
    _clone(folder)
    edit(_paper(folder), "learning_rate: 0.003", "learning_rate: 0.004")


def _paper(folder: Path) -> Path:
    return folder / "src/papers/demo2024/paper.yaml"


def _modules(folder: Path) -> list[Path]:
    return sorted((folder / "src").rglob("*.py"))


def _each(folder: Path, change: Callable[[str], str]) -> None:
    for path in _modules(folder):
        path.write_text(change(path.read_text()))


def _other_docstrings(text: str) -> str:
    tree = ast.parse(text)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(
            node
        ):
            node.body[0] = ast.Expr(ast.Constant("Something else."))
    return ast.unparse(ast.fix_missing_locations(tree)) + "\n"
