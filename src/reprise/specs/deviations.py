"""The *Deviations* table of a paper's README: where a replication differs, and why."""

import re

from reprise.specs.errors import ConfigError
from reprise.specs.load import papers_folder

_SECTION = re.compile(r"^## Deviations\n(.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL)
_CELLS = 4


def deviations(key: str) -> list[list[str]]:
    """Rows (setting, paper, ours, why) of the paper's table, as plain text.

    Raises:
        ConfigError: there is no README, no such section, or a row without four cells.
    """
    file = f"papers/{key}/README.md"
    path = papers_folder() / key / "README.md"
    section = _SECTION.search(path.read_text(encoding="utf-8")) if path.is_file() else None
    if section is None:
        raise ConfigError(f"{file}: needs a section '## Deviations' with a table")
    lines = [line.strip() for line in section[1].splitlines() if line.lstrip().startswith("|")]
    rows = [[_plain(cell) for cell in line.strip("|").split("|")] for line in lines[2:]]
    for row in rows:
        if len(row) != _CELLS:
            raise ConfigError(
                f"{file}: the deviation {row[0]!r} has {len(row)} cells, not {_CELLS}"
            )
    return rows


def _plain(cell: str) -> str:
    return cell.replace("`", "").replace("**", "").strip()
