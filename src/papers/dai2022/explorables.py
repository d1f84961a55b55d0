"""What can be tried on the page of Dai et al. 2022."""

from collections.abc import Mapping
from itertools import product

import altair as alt
import pandas as pd
from pandas import DataFrame

from papers.dai2022.figures.common import CONTROL, FT, MEAN, TASKS
from papers.dai2022.figures.controls import COMPARISONS
from papers.dai2022.figures.layers import PANELS
from reprise.plotting import explorable, theme
from reprise.plotting.blocks import Block
from reprise.plotting.explorable import Look, Panel

Tables = Mapping[str, DataFrame]

LINES = {
    "as in the paper": Look(FT),
    "the control": Look(CONTROL, explorable.DASHED),
}
PAPER, OTHER = LINES
COLORS = alt.Scale(domain=list(LINES), range=[look.color for look in LINES.values()])
VALUES = ["value", "low", "high"]
KEYS = ["task", "comparison", "measure"]


def blocks(tables: Tables) -> list[Block]:
    """Every measure over layers, beside a control."""
    table = tables["control_layers"]
    if table.empty:
        return []
    here = set(table["comparison"])
    controls = {name: text for name, text in COMPARISONS.items() if name in here}
    known = {name: text for name, text in TASKS.items() if name in set(table["task"])}
    tasks = {MEAN: "mean over tasks"} | {n: t for n, t in known.items() if n != MEAN}
    chosen = [
        explorable.choice("control", "control", controls, next(iter(controls))),
        explorable.choice("task", "task", tasks, MEAN),
    ]
    said = "Four measures of similarity over layers, as in the paper and for one control."
    caption = (
        "Similarity of in-context learning and finetuning in every layer, at the published "
        "position, beside the same with one side replaced, on the same queries; bands are 95 % "
        "intervals. A measure says something about the two only where the control is lower."
    )
    html = explorable.markup(_panels(table), chosen, said)
    return [Block("layers", "Hold every control against the measures", caption, html)]


def _panels(table: DataFrame) -> list[Panel]:
    own = table[[*KEYS, "layer", *VALUES]].assign(replaced=True)
    main = table[[*KEYS, "layer", "main", "main_low", "main_high"]].assign(replaced=False)
    both = pd.concat([main.set_axis(own.columns, axis=1), own], ignore_index=True)
    rows = explorable.data(both, digits=3)
    absent = explorable.data(_absent(table))
    measures = [name for name in PANELS if name in set(table["measure"])]
    return [_panel(rows, absent, name, legend=name == measures[0]) for name in measures]


def _absent(table: DataFrame) -> DataFrame:
    """What was not computed: rows of ``KEYS``."""
    known = set(table[KEYS].itertuples(index=False, name=None))
    every = product(*(table[key].unique() for key in KEYS))
    return DataFrame([key for key in every if key not in known], columns=KEYS)


def _panel(rows: alt.InlineData, absent: alt.InlineData, measure: str, *, legend: bool) -> Panel:
    now = f"datum.task == task && datum.comparison == control && datum.measure == '{measure}'"
    x = alt.X("layer:Q", title="layer", axis=alt.Axis(tickMinStep=1, tickCount=6))
    y = alt.Y("value:Q", title="mean over queries")
    name = f"datum.replaced ? '{OTHER}' : '{PAPER}'"
    base = alt.Chart(rows).transform_filter(now).transform_calculate(name=name)
    looks = explorable.looks(LINES, legend=legend)
    band = base.mark_area(opacity=0.2, aria=False).encode(
        x,
        alt.Y("low:Q", title="mean over queries"),
        alt.Y2("high:Q"),
        alt.Fill("name:N", scale=COLORS, legend=None),
    )
    zero = alt.Chart(alt.InlineData(values=[{}])).mark_rule(color=theme.INK, strokeWidth=0.6)
    note = alt.Chart(absent).transform_filter(now).mark_text(text="not computed for this task")
    return alt.layer(
        zero.encode(alt.YDatum(0, title="mean over queries")),
        band,
        base.mark_line().encode(x, y, **looks),
        note,
        title=PANELS[measure],
    )
