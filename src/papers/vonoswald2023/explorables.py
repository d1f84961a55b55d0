"""What can be tried on the page of von Oswald et al. 2023."""

from collections.abc import Mapping
from typing import Any

import altair as alt
from pandas import DataFrame

from papers.vonoswald2023.figures.axes import LOSS
from papers.vonoswald2023.figures.linear_networks import (
    ALGORITHMS,
    LOSS_BY_T,
    LSA,
    MESA,
    NAMES,
)
from papers.vonoswald2023.figures.probes import COLUMNS
from reprise.plotting import explorable, theme
from reprise.plotting.blocks import Block
from reprise.plotting.explorable import Look, Panel

Tables = Mapping[str, DataFrame]

NETWORKS = {f"lsa{depth}": depth for depth in LSA}
"""Model -> its number of layers."""
DASHES = {"gd1": [5, 3], "pr2_lagged": [8, 3], "pr2": [8, 3, 2, 3], "least_squares": [2, 2]}
MESA_NAME = NAMES["mesa1"][0]
LINES = {
    **{NAMES[model][0]: Look(NAMES[model][1]) for model in NETWORKS},
    MESA_NAME: Look(MESA),
    **{
        ALGORITHMS[model][0]: Look(ALGORITHMS[model][2], dash, 1.5)
        for model, dash in DASHES.items()
    },
}
T = "observations seen, t"
EVERY_LINE = "all"
PROBES = {"target": "the next observation", "preconditioned": "the preconditioned input"}
REACHED = ("pr2_lagged", "least_squares")
"""Algorithms whose loss stands beside the probes of what they predict."""
REACHED_LINES = {ALGORITHMS[model][0]: LINES[ALGORITHMS[model][0]] for model in REACHED}
SHOWN_THEORY = "theory && probe == 'target'"
LOG: dict[str, Any] = {"type": "log", "nice": False}


def blocks(tables: Tables) -> list[Block]:
    """Layers and positions of linear networks: their losses, and what probes read from them."""
    probed = tables["linear_probes"]
    shown = [_losses(tables["linear_losses"])]
    if (probed["source"] == "ours").any():
        shown.append(_probes(probed, tables["linear_losses"]))
    return shown


def _losses(table: DataFrame) -> Block:
    """Depth beside theory."""
    lines = _by_t(table, [*NETWORKS, "mesa1", *DASHES])
    last = int(lines["t"].max())
    names = {EVERY_LINE: "all", **{NAMES[m][0]: NAMES[m][0] for m in (*NETWORKS, "mesa1")}}
    controls = [
        explorable.choice("network", "network", names, EVERY_LINE),
        explorable.slider("t", "position t", range(1, last + 1), max(1, last // 2)),
        explorable.switch("theory", "theory"),
    ]
    said = "Losses of linear networks and of algorithms along a sequence, and by depth."
    caption = (
        "First panel: loss along the sequence, mean over seeds. Second panel: loss at the chosen "
        "position by the number of linear layers; dots are seeds. Dashed lines are algorithms: "
        "switch the theory off to see the networks alone."
    )
    html = explorable.markup([_along(lines), _by_depth(table, lines)], controls, said)
    return Block("fig4d", "Depth beside theory, position by position", caption, html)


def _by_t(table: DataFrame, models: list[str]) -> DataFrame:
    """``name``, ``t``, ``value``, ``theory``: means over seeds of our losses."""
    ours = table[(table["source"] == "ours") & (table["quantity"] == LOSS_BY_T)]
    ours = ours[ours["model"].isin(models)]
    mean = ours.groupby(["model", "t"], as_index=False)["value"].mean()
    called = {model: found[0] for model, found in (NAMES | ALGORITHMS).items()}
    name, theory = mean["model"].map(called), mean["model"].isin(ALGORITHMS)
    return mean.assign(name=name, theory=theory)[["name", "t", "value", "theory"]]


def _along(lines: DataFrame) -> Panel:
    chosen = f"network == '{EVERY_LINE}' || datum.theory || datum.name == network"
    drawn = (
        alt.Chart(explorable.data(lines))
        .transform_filter("theory || !datum.theory")
        .mark_line()
        .encode(
            alt.X("t:Q", title=T),
            alt.Y("value:Q", title=LOSS, scale=alt.Scale(**LOG)),
            opacity=alt.condition(chosen, alt.value(1), alt.value(0.15)),
            **explorable.looks(LINES),
        )
    )
    return alt.layer(explorable.here("t", T), drawn, title="Along the sequence")


def _by_depth(table: DataFrame, lines: DataFrame) -> Panel:
    ours = table[(table["source"] == "ours") & (table["quantity"] == LOSS_BY_T)]
    own = ours[ours["model"].isin(NETWORKS)]
    depths = own.assign(depth=own["model"].map(NETWORKS))[["depth", "seed", "t", "value"]]
    x = alt.X("depth:Q", title="linear layers", axis=alt.Axis(values=list(LSA)))
    ends = [float(lines["value"].min()), float(lines["value"].max())]
    scale = alt.Scale(domain=ends, **LOG)
    y = alt.Y("value:Q", title=LOSS, scale=scale)
    seeds = alt.Chart(explorable.data(depths)).transform_filter("datum.t == t")
    line = seeds.mark_line(color=theme.CATEGORIES[0]).encode(x, y.aggregate("mean"))
    theory = (
        alt.Chart(explorable.data(lines[lines["theory"]]))
        .transform_filter("theory && datum.t == t")
        .mark_rule()
        .encode(y, **explorable.looks(LINES, legend=False))
    )
    dots = seeds.mark_circle(color=theme.CATEGORIES[0], size=40, opacity=1).encode(x, y)
    return alt.layer(theory, line, dots, title="At position t, by depth")


def _probes(table: DataFrame, losses: DataFrame) -> Block:
    ours = table[(table["source"] == "ours") & (table["t"] > 1) & table["probe"].isin(PROBES)]
    means = ours.groupby(["probe", "layer", "t"], as_index=False)[list(COLUMNS)].mean()
    deepest, last = int(means["layer"].max()), int(means["t"].max())
    controls = [
        explorable.choice("probe", "probe of", PROBES, "target"),
        explorable.choice("sequences", "error on", dict(COLUMNS), "held_out"),
        explorable.slider("layer", "layer", range(deepest + 1), deepest),
        explorable.slider("t", "position t", range(2, last + 1), max(2, last // 2)),
        explorable.switch("theory", "theory"),
    ]
    theory = _by_t(losses, list(REACHED))
    panels = [_by_position(means, theory[theory["t"] > 1]), _by_layer(means, theory)]
    said = "Errors of linear probes of six linear layers, by layer and by position."
    caption = (
        "Half the squared error of linear maps from each layer to what is probed for; layer 0 is "
        "the input. First panel: along the sequence, the chosen layer blue. Second panel: layer by "
        "layer at the chosen position. Dashed, for the next observation: what algorithms reach "
        "there."
    )
    html = explorable.markup(panels, controls, said)
    return Block("fig4e", "Read the layers one by one", caption, html)


def _by_position(means: DataFrame, theory: DataFrame) -> Panel:
    y = alt.Y("value:Q", title="probe, error / 2", scale=alt.Scale(**LOG))
    x = alt.X("t:Q", title=T)
    base = (
        alt.Chart(explorable.data(means))
        .transform_filter("datum.probe == probe")
        .transform_calculate(value="datum[sequences]")
    )
    every = base.mark_line(color=theme.MUTED, strokeWidth=1).encode(x, y, detail="layer:N")
    own = base.transform_filter("datum.layer == layer").mark_line(
        color=theme.CATEGORIES[0], strokeWidth=2.5
    )
    known = alt.Chart(explorable.data(theory)).transform_filter(SHOWN_THEORY).mark_line()
    return alt.layer(
        explorable.here("t", T),
        every,
        own.encode(x, y),
        known.encode(x, y, **explorable.looks(REACHED_LINES)),
        title="Along the sequence",
    )


def _by_layer(means: DataFrame, theory: DataFrame) -> Panel:
    y = alt.Y("value:Q", title="probe, error / 2", scale=alt.Scale(**LOG))
    x = alt.X("layer:Q", title="layer", axis=alt.Axis(tickMinStep=1))
    base = (
        alt.Chart(explorable.data(means))
        .transform_filter("datum.probe == probe && datum.t == t")
        .transform_calculate(value="datum[sequences]")
    )
    known = alt.Chart(explorable.data(theory)).transform_filter(f"{SHOWN_THEORY} && datum.t == t")
    return alt.layer(
        explorable.here("layer", "layer"),
        known.mark_rule().encode(y, **explorable.looks(REACHED_LINES, legend=False)),
        base.mark_line(color=theme.CATEGORIES[0], point=True).encode(x, y),
        title="At position t, layer by layer",
    )
