"""What can be tried on the page of Yadlowsky et al. 2023."""

from collections.abc import Mapping

import altair as alt
import pandas as pd
from pandas import DataFrame

from papers.yadlowsky2023.figures.style import NETWORK, of_quantity
from reprise.plotting import explorable, theme
from reprise.plotting.blocks import Block
from reprise.plotting.explorable import Look, Panel

Tables = Mapping[str, DataFrame]

LINES = {
    "truth": Look(theme.MUTED, width=5),
    "network": Look(NETWORK),
    "exact Bayes": Look(theme.THEORY, explorable.DASHED, 1.5),
    "nearest line or sine": Look(theme.CATEGORIES[0], explorable.DOTTED, 1.5),
}
"""Name -> look, from back to front."""
NAMES = {"bayes": "exact Bayes", "nearest": "nearest line or sine"}
"""What tables call otherwise."""


def blocks(tables: Tables) -> list[Block]:
    """A slider over the weight of the line."""
    curves = tables["curve_weights"]
    alphas = [float(alpha) for alpha in sorted(curves["alpha"].unique())]
    prompts = {int(p): f"prompt {p + 1}" for p in sorted(curves["prompt"].unique())}
    middle = alphas[len(alphas) // 2]
    controls = [
        explorable.slider("alpha", "weight of the line", alphas, middle),
        explorable.choice("prompt", "prompt", prompts, next(iter(prompts))),
    ]
    html = explorable.markup(
        [_curves(curves), _errors(tables, int(curves["n"].iloc[0]))],
        controls,
        "Predictions for a weighted sum of a line and a sine, and errors against the weight.",
    )
    caption = (
        "Move the weight from a pure sine (0) to a pure line (1). First panel: the examples of a "
        "prompt, what the network of the first seed predicts, exact Bayes for a line or a sine, "
        "and the nearest function of either class. Second panel: the error over all prompts, mean "
        "over seeds (thin: each seed)."
    )
    return [Block("fig4", "Weigh a line against a sine", caption, html)]


def _curves(table: DataFrame) -> Panel:
    given = table["part"] == "context"
    lines = table[~given].assign(name=table["part"].replace(NAMES))
    ends = [float(end) for end in lines["x"].agg(["min", "max"])]
    x = alt.X(
        "x:Q", title="x", scale=alt.Scale(domain=ends, nice=False), axis=alt.Axis(tickCount=5)
    )
    y = alt.Y("value:Q", title="y")
    now = "abs(datum.alpha - alpha) < 1e-6 && datum.prompt == prompt"
    drawn = alt.Chart(explorable.data(lines[["alpha", "prompt", "name", "x", "value"]]))
    dots = alt.Chart(explorable.data(table.loc[given, ["alpha", "prompt", "x", "value"]]))
    return alt.layer(
        drawn.mark_line().encode(x, y, **explorable.looks(LINES)).transform_filter(now),
        dots.mark_circle(color=theme.THEORY, opacity=1, clip=True)
        .encode(x, y)
        .transform_filter(now),
        title="One prompt",
    )


def _errors(tables: Tables, n: int) -> Panel:
    networks, known = (
        of_quantity(tables[name], "mse") for name in ("curve_networks", "curve_estimators")
    )
    own = networks[(networks["model"] == "curves") & (networks["n"] == n)]
    mean = own.groupby("alpha", as_index=False)["value"].mean().assign(name="network")
    known = known[(known["n"] == n) | known["n"].isna()]
    rest = known[known["model"].isin(NAMES)].assign(name=known["model"].replace(NAMES))
    lines = pd.concat([mean, rest])[["alpha", "name", "value"]]
    weight = "weight of the line"
    x = alt.X("alpha:Q", title=weight)
    y = alt.Y("value:Q", title="squared error")
    seeds = alt.Chart(explorable.data(own[["seed", "alpha", "value"]]))
    return alt.layer(
        explorable.here("alpha", weight),
        seeds.mark_line(color=NETWORK, strokeWidth=0.7, opacity=0.6).encode(x, y, detail="seed:N"),
        alt.Chart(explorable.data(lines))
        .mark_line()
        .encode(x, y, **explorable.looks(LINES, legend=False)),
        title=f"Error after {n} examples",
    )
