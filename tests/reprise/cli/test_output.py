"""Numbers for people, and lines that show what a file holds as it is."""

from typing import Any

import pytest

from reprise.cli.output import duration_range, show_line, size


def test_sizes_are_for_people() -> None:
    assert (size(999e6), size(1.52e9)) == ("999.0 MB", "1.5 GB")


@pytest.mark.parametrize(
    ("low", "high", "shown"),
    [
        (0.2, 4, "up to 4 s"),
        (20, 90, "20 to 90 s"),
        (600, 9600, "10 to 160 min"),
        (7200, 30_000, "2 to 8 h"),
        (86400, 864_000, "1 to 10 days"),
    ],
)
def test_ranges_have_one_unit(low: float, high: float, shown: str) -> None:
    assert duration_range(low, high) == shown


def test_what_stands_in_a_file_moves_no_cursor(console: Any) -> None:
    show_line("[red]a\x1b[2J\nb[/]", console)
    assert console.file.getvalue() == "[red]a\\x1b[2J\\nb[/]\n"
