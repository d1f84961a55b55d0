"""The deviations table of a paper's README."""

import pytest

from reprise.specs import load as module
from reprise.specs.errors import ConfigError

TABLE = """# Paper

## Deviations

| what | paper | ours | why |
|---|---|---|---|
| **steps** | `100` | 50 | time |

Text below.

## More

| a | b |
|---|---|
| 1 | 2 |
"""


def written(tmp_path, monkeypatch, text):
    (tmp_path / "small2024").mkdir()
    (tmp_path / "small2024" / "README.md").write_text(text)
    monkeypatch.setattr(module, "papers_folder", lambda: tmp_path)


def test_rows_of_its_own_section_only_without_markup(tmp_path, monkeypatch):
    written(tmp_path, monkeypatch, TABLE)
    assert module.deviations("small2024") == [["steps", "100", "50", "time"]]


def test_a_row_with_too_few_cells_is_named(tmp_path, monkeypatch):
    written(tmp_path, monkeypatch, TABLE.replace("| 50 | time |", "|"))
    with pytest.raises(ConfigError, match="'steps' has 2 cells, not 4"):
        module.deviations("small2024")


def test_a_paper_without_the_section_is_refused(tmp_path, monkeypatch):
    written(tmp_path, monkeypatch, "# Paper\n")
    with pytest.raises(ConfigError, match="## Deviations"):
        module.deviations("small2024")
