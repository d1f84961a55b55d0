"""Rows and columns of Tables 6 and 7: the paper's two models, their difference, controls."""

from collections.abc import Mapping

from pandas import DataFrame

NAMES = {"vanilla": "Transformer", "momentum": "with MoAttn", "drop": "drop (%)", "gain": "gain"}
OTHERS = {
    "matched": "scale-matched",
    "alibi": "ALiBi",
    "convolution": "value convolution",
    "rotary": "RoPE",
    "rotary_momentum": "RoPE with MoAttn",
    "longer": "more steps",
}
"""Controls -> names; others go by their own."""
NOTE = "brackets: 95 % interval; grey: the paper, 350M"


def model_rows(table: DataFrame, difference: str, form: str) -> dict[str, tuple[str, str]]:
    """The paper's two rows, their difference, and after them controls."""
    first = ["vanilla", "momentum", difference]
    others = [name for name in dict.fromkeys(table["row"]) if name not in first]
    rows = {name: (NAMES[name], form) for name in first}
    rows[difference] = (f"+{NAMES[difference]}", form)
    return rows | {name: (f"+{OTHERS.get(name, name)}", form) for name in others}


def known_columns(table: DataFrame, names: Mapping[str, str]) -> dict[str, str]:
    """The columns that the table has, with their ``names``."""
    columns = set(table["column"])
    return {key: name for key, name in names.items() if key in columns}
