"""The paper's own data sets, from files that the user has.

A folder holds, per task, ``<task>/train`` and ``<task>/queries``, each with the ending ``.csv``,
``.tsv`` or ``.jsonl``. The columns are those of the task and ``label``; a label is its index or its
word. Other columns are left alone.
"""

import csv
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from papers.dai2022.texts.examples import TASKS, Example, Pools, TaskName, one_line
from reprise.specs.errors import ConfigError, suggest

ENDINGS = (".csv", ".tsv", ".jsonl")

Row = tuple[str, Mapping[str, Any]]
"""Where a row stands, and its values by column."""


def pools(task: TaskName, folder: Path) -> Pools:
    """The examples of ``task``: ``train`` for demonstrations, ``queries`` to ask about.

    Raises:
        ConfigError: a file, a column or a value is missing or wrong; file and row are named.
    """
    return Pools(*(read(task, find(folder / task, name)) for name in ("train", "queries")))


def find(folder: Path, name: str) -> Path:
    """The one file ``name`` with a known ending; raises ConfigError."""
    paths = [path for path in (folder / f"{name}{e}" for e in ENDINGS) if path.is_file()]
    if len(paths) == 1:
        return paths[0]
    if paths:
        raise ConfigError(f"{folder}: both {paths[0].name} and {paths[1].name}; keep one")
    columns = ", ".join((*TASKS[_task(folder.name)].columns, "label"))
    raise ConfigError(
        f"{folder / name}.csv is missing (or .tsv, .jsonl); its columns are {columns}"
    )


def read(task: TaskName, path: Path) -> list[Example]:
    """The examples of one file in its order, each text on one line; raises ConfigError."""
    spec = TASKS[task]
    examples = []
    for where, row in _rows(path):
        for column in (*spec.columns, "label"):
            if row.get(column) is None:
                near = suggest(column, [key for key in row if key])
                raise ConfigError(f"{where}: the column {column!r} is missing{near}")
        texts = tuple(one_line(str(row[column])) for column in spec.columns)
        for column, text in zip(spec.columns, texts, strict=True):
            if not text:
                raise ConfigError(f"{where}: {column} is empty")
        examples.append(Example(texts, _label(row["label"], spec.labels, where)))
    return examples


def _rows(path: Path) -> Iterator[Row]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as lines:
            if path.suffix == ".jsonl":
                yield from _json_rows(path, lines)
            else:
                reader = csv.DictReader(lines, delimiter="\t" if path.suffix == ".tsv" else ",")
                yield from ((f"{path}: row {i}", row) for i, row in enumerate(reader, 1))
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 ({error})") from None
    except csv.Error as error:
        raise ConfigError(f"{path}: not a table ({error})") from None


def _json_rows(path: Path, lines: Iterator[str]) -> Iterator[Row]:
    for i, line in enumerate(lines, 1):
        where = f"{path}: row {i}"
        try:
            row = json.loads(line)
        except json.JSONDecodeError as error:
            raise ConfigError(f"{where}: not JSON ({error})") from None
        if not isinstance(row, dict):
            raise ConfigError(f"{where}: not an object with columns as keys")
        yield where, row


def _label(value: Any, labels: tuple[str, ...], where: str) -> int:
    text = str(value).strip()
    names = {str(i): i for i in range(len(labels))} | {
        w.casefold(): i for i, w in enumerate(labels)
    }
    if text.casefold() not in names:
        known = ", ".join(f"{i} {word}" for i, word in enumerate(labels))
        raise ConfigError(f"{where}: label {text!r} is none of {known}")
    return names[text.casefold()]


def _task(name: str) -> TaskName:
    return next(task for task in TASKS if task == name)
