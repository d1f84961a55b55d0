"""What counts as a sentence of a page."""

import pytest

from sentences import sentences


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "# Title\n\nOne idea.\nTwo ideas, on\ntwo lines.",
            ["One idea.", "Two ideas, on two lines."],
        ),
        ("- An item\n- Another: `code` follows.\n", ["An item", "Another:", "`code` follows."]),
        ("Garg et al. 2022 say so, e.g. Figure 3.", ["Garg et al. 2022 say so, e.g. Figure 3."]),
        ("A [page](docs/a.md#b) and ![alt](b.svg).", ["A page and alt."]),
        ("Before\n```\nmake all. The rest.\n```\nafter", ["Before", "after"]),
        ("| a | table. Of two |\n|---|---|\n<td>Cell. Two</td>\n", []),
        ("<!-- a:begin -->\nMade. By us.\n<!-- a:end -->\nOurs.", ["Ours."]),
    ],
)
def test_sentences_of_prose_only(text, found):
    assert list(sentences(text)) == found
