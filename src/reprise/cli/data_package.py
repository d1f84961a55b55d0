"""Tables in a folder that explains itself: CSV files, and what every column holds.

``columns.csv`` says it for people; ``datapackage.json`` (a Data Package of the Frictionless
standard) for programs.
"""

import io
from pathlib import Path
from typing import Any

import pandas as pd

from reprise.api import Results, described
from reprise.results import csv_bytes, parse_csv
from reprise.specs.errors import ConfigError, few
from reprise.storage.atomic import replacing, write_bytes, write_json

_MANIFEST = "datapackage.json"
_TYPES = {"b": "boolean", "i": "integer", "u": "integer", "f": "number"}
_SHOWN = 10


def write(results: Results, target: Path) -> int:
    """Write all tables and verdicts of ``results`` into the folder ``target``; how many there are.

    Raises:
        ConfigError: a column has no meaning, or there is something else in the folder.
        DamagedFile: a table differs from its record.
    """
    ours = not target.exists() or (target / _MANIFEST).is_file()
    if not ours and (not target.is_dir() or any(target.iterdir())):
        raise ConfigError(f"{target} holds something else than exported tables; choose another")
    content = {name: results.csv(name) for name in results.tables}
    frames = {name: parse_csv(io.BytesIO(data)) for name, data in content.items()}
    frames["verdicts"] = results.claims()
    content["verdicts"] = csv_bytes(frames["verdicts"])
    columns = _columns(results, frames)
    parts = [part.assign(table=name) for name, part in columns.items()]
    dictionary = pd.concat(parts)[["table", "column", "unit", "meaning"]]
    with replacing(target) as folder:
        for name, data in content.items():
            write_bytes(folder / f"{name}.csv", data, durable=False)
        write_bytes(folder / "columns.csv", csv_bytes(dictionary), durable=False)
        write_json(folder / _MANIFEST, _manifest(results, frames, columns))
    return len(content)


def _columns(results: Results, frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    """The data dictionary of every table; raises ConfigError with all that has no meaning."""
    found, faults = {}, []
    for name, frame in frames.items():
        paper, _, table = name.rpartition("/")
        try:
            found[name] = described(frame, paper or results.papers[0], table)
        except ConfigError as error:
            faults += str(error).splitlines()
    if faults:
        raise ConfigError("\n".join(few(faults, _SHOWN)))
    return found


def _manifest(
    results: Results, frames: dict[str, pd.DataFrame], columns: dict[str, pd.DataFrame]
) -> dict[str, Any]:
    return {
        "profile": "tabular-data-package",
        "name": f"reprise-{results.scale}",
        "title": f"Tables and verdicts of {', '.join(results.papers)} at scale {results.scale}",
        "resources": [_resource(name, frames[name], columns[name]) for name in frames],
    }


def _resource(name: str, frame: pd.DataFrame, columns: pd.DataFrame) -> dict[str, Any]:
    fields = [
        {
            "name": row.column,
            "type": _TYPES.get(frame[row.column].dtype.kind, "string"),
            "unit": row.unit,
            "description": row.meaning,
        }
        for row in columns.itertuples()
    ]
    return {
        "profile": "tabular-data-resource",
        "name": name.replace("/", "-").lower(),
        "path": f"{name}.csv",
        "schema": {"fields": fields, "missingValues": [""]},
    }
