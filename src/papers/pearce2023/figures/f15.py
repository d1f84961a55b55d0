"""F15: the final waves of the main network, sorted by frequency and phase."""

from collections.abc import Mapping

from matplotlib.figure import Figure
from pandas import DataFrame

from papers.pearce2023.figures.main_network import MATRICES, WEIGHT_LIMIT, group_color, stage_steps
from reprise.plotting import theme


def sorted_waves(tables: Mapping[str, DataFrame]) -> Figure:
    """F15: the final waves of all neurons, sorted by frequency and phase, one row per neuron."""
    waves = tables["main_waves"]
    end = waves[waves["stage"] == list(stage_steps(waves))[-1]]
    groups = sorted(int(f) for f in end["frequency"].unique() if f > 0)
    figure, axes = theme.figure("column", 5.6, ncols=2, sharey=True)
    spacing = 2 * WEIGHT_LIMIT
    for ax, matrix in zip(axes, MATRICES, strict=True):
        rows = end[end["matrix"] == matrix]
        for position, row in rows.groupby("position"):
            color = group_color(groups, int(row["frequency"].iloc[0]))
            base = -spacing * float(position)
            ax.axhline(base, color=theme.MUTED, lw=0.3)
            ax.plot(row["number"], base + row["weight"], color=color, lw=1.2)
        ax.set(title=matrix, xlabel="number", xlim=(0, 66), xticks=[0, 33, 66])
        ax.spines["left"].set_visible(False)
        ax.tick_params(axis="y", length=0)
        theme.hold(ax, -spacing * (rows["position"].max() + 0.8), 0.8 * spacing)
    by_position = end.drop_duplicates("position").sort_values("position")
    axes[0].set_yticks(
        -spacing * by_position["position"], [str(n) for n in by_position["neuron"]], fontsize=6.5
    )
    axes[0].set_ylabel("neuron")
    for frequency, rows in by_position.groupby("frequency"):
        label = f"frequency\n{frequency}" if frequency else "no group"
        axes[1].annotate(
            label,
            (1.02, -spacing * rows["position"].mean()),
            xycoords=("axes fraction", "data"),
            color=group_color(groups, int(frequency)),
            fontsize=8,
            va="center",
            annotation_clip=False,
        )
    return figure
