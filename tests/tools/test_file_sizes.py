from pathlib import Path

from file_sizes import too_long


def test_names_files_above_the_limit_and_only_those(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "workflow" / "rules").mkdir(parents=True)
    (tmp_path / "src" / "long.py").write_text("x = 1\n" * 4)
    (tmp_path / "src" / "fits.py").write_text("x = 1\n" * 3)
    (tmp_path / "src" / "data.csv").write_text("1\n" * 9)
    (tmp_path / "workflow" / "rules" / "long.smk").write_text("\n" * 5)
    assert too_long(tmp_path, limit=3) == [
        "src/long.py: 4 lines, at most 3",
        "workflow/rules/long.smk: 5 lines, at most 3",
    ]
