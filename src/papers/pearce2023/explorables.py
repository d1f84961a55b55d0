"""What can be tried on the page of Pearce et al. 2023."""

from collections.abc import Mapping
from typing import Any

import altair as alt
from pandas import DataFrame

from papers.pearce2023.analysis.classes import NAMES
from papers.pearce2023.figures import outcomes
from papers.pearce2023.figures.main_network import WEIGHT_LIMIT, group_color
from reprise.plotting import explorable, theme
from reprise.plotting.blocks import Block
from reprise.plotting.explorable import Look, Panel

Tables = Mapping[str, DataFrame]

SPLITS = {"train": Look(theme.TRAIN), "test": Look(theme.TEST)}
MOST_POINTS = 101
"""Points of a curve."""
MOST_STEPS = 26
"""Points of a curve where there is one for every seed."""
LOSS_RANGE = [1e-8, 20]
ALL = 0
"""Stands for every group of neurons; a group is called by its frequency, from 1 on."""
NOW = f"datum.step == step && (neurons == {ALL} || datum.frequency == neurons)"
"""Of the step and the group that are chosen."""
STEP = "training step"
AXES = ("weight_decay", "hidden", "train_size")
NOT_RUN = "not run"
OUTCOMES = {NAMES[name]: color for name, color in outcomes.COLORS.items()} | {
    "tie": theme.INK,
    NOT_RUN: "#F3F4F6",
}
"""What most seeds of a cell do -> its colour."""


def blocks(tables: Tables) -> list[Block]:
    """A slider over steps, a choice of seed, and the sweep whose cells open their curves."""
    return [_steps(tables), _seeds(tables), _sweep(tables)]


def _steps(tables: Tables) -> Block:
    frames = tables["main_frames"]
    steps = [int(step) for step in sorted(frames["step"].unique())]
    groups = [int(group) for group in sorted(frames["frequency"].unique()) if group > 0]
    names = {ALL: "all", **{group: f"frequency {group}" for group in groups}}
    controls = [
        explorable.slider("step", STEP, steps, steps[len(steps) // 5]),
        explorable.choice("neurons", "neurons", names, ALL),
    ]
    panels: list[Panel] = [
        _weights(frames),
        _vectors(frames, groups, "in", "Input vectors: a circle"),
        _vectors(frames, groups, "out", "Output vectors: a star"),
        _loss(tables["main_curves"]),
    ]
    said = "Weights and vectors of the neurons of one network at a step, beside its losses."
    caption = (
        f"The {frames['neuron'].nunique()} neurons of the network shown, along its training. Rows "
        "of the first panel are neurons, sorted by the frequency that they end with; points of the "
        "next two are their weights at that frequency. Where a group generalises, its input "
        "vectors spread over a circle and its output vectors have twice their angle."
    )
    return Block(
        "F2-weight-heatmaps",
        "Step through the training",
        caption,
        explorable.markup(panels, controls, said),
    )


def _weights(frames: DataFrame) -> alt.Chart:
    numbers = [name for name in frames if str(name).startswith("number_")]
    rows = frames[["step", "frequency", "position"]].assign(
        weights=[" ".join(f"{weight:g}" for weight in row) for row in frames[numbers].to_numpy()]
    )
    color = alt.Color(
        "weight:Q",
        scale=alt.Scale(
            scheme="redblue", reverse=True, domain=[-WEIGHT_LIMIT, WEIGHT_LIMIT], clamp=True
        ),
        legend=alt.Legend(title="weight", gradientLength=120),
    )
    axis = alt.Axis(values=[0, 33, 66], labelAngle=0)
    return (
        alt.Chart(explorable.data(rows), title="W_input")
        .transform_filter(NOW)
        .transform_calculate(
            weights="split(datum.weights, ' ')", number=f"sequence({len(numbers)})"
        )
        .transform_flatten(["weights", "number"])
        .transform_calculate(weight="toNumber(datum.weights)")
        .mark_rect(aria=False)
        .encode(
            alt.X("number:O", title="number", axis=axis),
            alt.Y("position:O", title="neuron", axis=alt.Axis(labels=False, ticks=False)),
            color,
        )
    )


def _vectors(frames: DataFrame, groups: list[int], side: str, title: str) -> Panel:
    cos, sin = f"{side}_cos", f"{side}_sin"
    limit = float(frames[["in_cos", "in_sin", "out_cos", "out_sin"]].abs().max().max()) or 1.0
    names = [str(group) for group in groups]
    colors = [group_color(groups, group) for group in groups]
    axis = alt.Axis(tickCount=3)
    scale = alt.Scale(domain=[-limit, limit], nice=False)
    x = alt.X(f"{cos}:Q", title="cos", scale=scale, axis=axis)
    y = alt.Y(f"{sin}:Q", title="sin", scale=scale, axis=axis)
    color = alt.Color(
        "frequency:N",
        scale=alt.Scale(domain=names, range=colors),
        legend=alt.Legend(columns=4, title="frequency") if side == "in" else None,
    )
    rows = frames.loc[frames["frequency"] > 0, ["step", "frequency", cos, sin]]
    base = alt.Chart(
        explorable.data(rows.astype({"frequency": str})), height=explorable.WIDTH
    ).transform_filter(NOW)
    ray = base.mark_rule(opacity=0.5, aria=False).encode(
        x, y, alt.X2Datum(0), alt.Y2Datum(0), color
    )
    dot = base.mark_circle(size=40, opacity=1).encode(x, y, color)
    return alt.layer(ray, dot, title=title)


def _loss(curves: DataFrame) -> Panel:
    shown = explorable.thin(curves[curves["shown"]], "step", MOST_POINTS)
    return alt.layer(
        explorable.here("step", STEP),
        _losses(shown).mark_line(),
        title="Loss",
    )


def _losses(curves: DataFrame) -> alt.Chart:
    """Train and test loss over steps, still to be marked."""
    columns = [
        name for name in curves if name in ("seed", "step", "train_loss", "test_loss", *AXES)
    ]
    chart = alt.Chart(explorable.data(curves[columns], digits=3))
    return (
        chart.transform_fold(["train_loss", "test_loss"], ["split", "loss"])
        .transform_calculate(name="split(datum.split, '_')[0]")
        .encode(
            alt.X("step:Q", title=STEP, axis=alt.Axis(tickCount=4, format="~s")),
            alt.Y(
                "loss:Q",
                title="cross-entropy",
                scale=alt.Scale(type="log", domain=LOSS_RANGE, clamp=True),
                axis=alt.Axis(values=[1e-8, 1e-6, 1e-4, 1e-2, 1], format=".0e"),
            ),
            **explorable.looks(SPLITS),
        )
    )


def _seeds(tables: Tables) -> Block:
    networks = tables["seeds_networks"].sort_values(["final_test_accuracy", "seed"])
    done, count = int(networks["generalised"].sum()), len(networks)
    words = networks["generalised"].map({True: "generalises", False: "does not generalise"})
    options = {
        int(seed): f"{seed}: {word}"
        for seed, word in sorted(zip(networks["seed"], words, strict=True))
    }
    controls = [explorable.choice("seed", "seed", options, next(iter(options)))]
    ranks = networks[["seed", "final_test_accuracy"]].assign(rank=range(1, count + 1), word=words)
    curves = explorable.thin(tables["seeds_curves"], "step", MOST_STEPS)
    lines = _losses(curves)
    every = (
        lines.transform_filter("datum.split == 'test_loss'")
        .mark_line()
        .encode(
            detail="seed:N",
            color=alt.value(theme.MUTED),
            strokeWidth=alt.value(0.6),
        )
    )
    own = lines.transform_filter("datum.seed == seed").mark_line()
    losses = alt.layer(every, own, title="Losses of the seed; grey: test loss of all")
    said = "Losses of one seed among all seeds, and the final test accuracy of every seed."
    caption = (
        f"{done} of {count} seeds generalise (final test accuracy above 0.95), {count - done} do "
        "not. Choose a seed to see its losses; the second panel rings it among all."
    )
    html = explorable.markup(
        [losses, _accuracies(ranks, f"{done} of {count} seeds generalise")], controls, said
    )
    return Block("F20-450-seeds", "Choose a seed", caption, html)


def _accuracies(ranks: DataFrame, title: str) -> Panel:
    base = alt.Chart(explorable.data(ranks)).encode(
        alt.X("rank:Q", title="seeds, sorted", axis=alt.Axis(tickMinStep=1, tickCount=4)),
        alt.Y("final_test_accuracy:Q", title="final test accuracy", scale=alt.Scale(domain=[0, 1])),
    )
    words = ["generalises", "does not generalise"]
    color = alt.Color("word:N", scale=alt.Scale(domain=words, range=[theme.TEST, theme.HIGHLIGHT]))
    tip = [alt.Tooltip("seed:N"), alt.Tooltip("final_test_accuracy:Q", format=".3f")]
    ring = base.mark_point(size=170, color=theme.THEORY, strokeWidth=2)
    return alt.layer(
        base.mark_circle(size=50, opacity=1).encode(color, tooltip=tip),
        ring.transform_filter("datum.seed == seed"),
        title=title,
    )


def _sweep(tables: Tables) -> Block:
    cells, courses = tables["parity_sweep_cells"], tables["parity_sweep_courses"]
    decays, widths, sizes = (sorted(cells[axis].unique().tolist()) for axis in AXES)
    run = sorted(courses["train_size"].unique())
    first = courses[courses["train_size"] == run[len(run) // 2]].iloc[0]
    fields: Any = {
        "weight_decay": alt.binding_select(options=decays, name="weight decay"),
        "hidden": alt.binding_select(options=widths, name="width"),
    }
    cell = alt.selection_point(
        name="cell",
        fields=list(fields),
        bind=fields,
        value=[{"weight_decay": float(first["weight_decay"]), "hidden": int(first["hidden"])}],
        on="click",
        toggle=False,
        empty=False,
    )
    labels = {size: f"{size:,}" for size in sizes}
    size = explorable.choice("size", "training examples", labels, int(first["train_size"]))
    lines = _losses(courses).mark_line(strokeWidth=1.2, opacity=0.8)
    opened = lines.encode(detail="seed:N").transform_filter(cell)
    losses = opened.transform_filter("datum.train_size == size").properties(
        title="Losses in the chosen cell, every seed"
    )
    said = "Outcome of the parity sweep by weight decay and width, and the losses in one cell."
    caption = (
        "What most seeds do, by weight decay and width, for one number of training examples. Click "
        "a cell, or choose weight decay and width, to open the losses of its networks."
    )
    html = explorable.markup([_grid(cells, cell), losses], [size], said)
    return Block("F8-parity-sweep", "Open the cells of the sweep", caption, html)


def _grid(cells: DataFrame, cell: alt.Parameter) -> Panel:
    outcome = cells["ours_majority"].replace(NAMES | {"none": NOT_RUN})
    rows = cells[list(AXES)].assign(outcome=outcome)
    color = alt.Color(
        "outcome:N",
        scale=alt.Scale(domain=list(OUTCOMES), range=list(OUTCOMES.values())),
        legend=alt.Legend(labelFontSize=11),
    )
    base = alt.Chart(explorable.data(rows)).transform_filter("datum.train_size == size")
    base = base.encode(
        alt.X("weight_decay:O", title="weight decay", axis=alt.Axis(labelAngle=0)),
        alt.Y("hidden:O", title="width", sort="descending"),
        color,
        tooltip=[alt.Tooltip("outcome:N")],
    )
    squares = base.mark_rect(stroke="white", cursor="pointer").properties(name="sweep")
    ring = base.mark_rect(stroke=theme.INK, strokeWidth=3, fillOpacity=0, aria=False)
    return alt.layer(
        squares.add_params(cell),
        ring.transform_filter(cell),
        title="What most seeds do",
    )
