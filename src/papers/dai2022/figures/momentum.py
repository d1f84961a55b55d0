"""Tables 6 and 7: language models with and without momentum attention."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.dai2022.figures import grid
from papers.dai2022.figures.common import TASKS

Tables = Mapping[str, DataFrame]

NAMES = {"vanilla": "Transformer", "momentum": "with MoAttn", "drop": "drop (%)", "gain": "gain"}
LENGTHS = {
    "train": "training text",
    "quarter": "quarter length",
    "half": "half length",
    "full": "full length",
}
OTHERS = {
    "matched": "scale-matched",
    "alibi": "ALiBi",
    "convolution": "value convolution",
    "rotary": "rotary positions",
    "rotary_momentum": "rotary and MoAttn",
    "longer": "more steps",
}
"""Controls -> names; others go by their own."""
NOTE = "small: 95 % interval; grey: the paper, 350M"


def perplexities(tables: Tables) -> Figure:
    """Table 6: perplexity on training text and on held-out text of three lengths."""
    table = tables["paper_table6"]
    return grid.draw(table, _rows(table, "drop", ".2f"), _known(table, LENGTHS), note=NOTE)


def few_shot(tables: Tables) -> Figure:
    """Table 7: few-shot accuracy."""
    table = tables["paper_table7"]
    return grid.draw(table, _rows(table, "gain", ".1f"), _known(table, TASKS), note=NOTE)


def _rows(table: DataFrame, difference: str, form: str) -> dict[str, tuple[str, str]]:
    """The paper's two rows, their difference, and after them controls."""
    first = ["vanilla", "momentum", difference]
    others = [name for name in dict.fromkeys(table["row"]) if name not in first]
    found = {name: (NAMES[name], form) for name in first}
    found[difference] = (f"+{NAMES[difference]}", form)
    return found | {name: (f"+{OTHERS.get(name, name)}", form) for name in others}


def _known(table: DataFrame, names: Mapping[str, str]) -> dict[str, str]:
    columns = set(table["column"])
    return {key: name for key, name in names.items() if key in columns}
