"""The paper's algebra in numbers: identities, the softmax left out, the bias of normalising."""

from collections.abc import Mapping

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from pandas import DataFrame

from reprise.plotting import theme

DTYPES = {"float64": theme.CATEGORIES[7], "float32": theme.CATEGORIES[4]}
ROUNDING = {"float64": 2.0**-53, "float32": 2.0**-24}


def theory(tables: Mapping[str, DataFrame]) -> Figure:
    """Error of each identity, cosine of true and relaxed ICL update, SimAOU of random changes."""
    figure, axes = theme.figure("wide", 3.3, ncols=3, width_ratios=[1, 1.1, 1.1])
    _identities(axes[0], tables["theory_identities"])
    _relaxation(axes[1], tables["theory_relaxation"])
    _bias(axes[2], tables["theory_bias"])
    return figure


def _identities(ax: Axes, table: DataFrame) -> None:
    names = list(dict.fromkeys(table["identity"]))
    sizes = sorted(table["size"].unique())
    for dtype, rows in table.groupby("dtype", sort=False):
        color = DTYPES[str(dtype)]
        ax.axvline(ROUNDING[str(dtype)], color=color, lw=0.8, ls=":")
        for size, own in rows.groupby("size"):
            order = sizes.index(size)
            places = [
                names.index(name) + 0.2 * (order - (len(sizes) - 1) / 2) for name in own["identity"]
            ]
            label = str(dtype) if order == 0 else None
            ax.plot(own["relative"], places, "o", color=color, ms=3 + 1.2 * order, label=label)
    ax.set_xscale("log")
    ax.set_yticks(range(len(names)), names)
    ax.invert_yaxis()
    ax.set(xlabel="largest relative error", title="identities")
    ax.set_xlim(1e-17, 1e-5)
    ax.legend(loc="lower center", bbox_to_anchor=(0.5, 0.02), handletextpad=0.1)


def _relaxation(ax: Axes, table: DataFrame) -> None:
    numbers = sorted(table["demonstrations"].unique())
    colors = theme.ordered(len(numbers))
    for number, color in zip(numbers, colors, strict=True):
        rows = table[table["demonstrations"] == number].sort_values("scale")
        ax.plot(rows["scale"], rows["cosine"], "o-", ms=3, color=color, label=f"{number:,}")
        ax.plot(rows["scale"], rows["expected"], color=color, ls="--", lw=0.9)
    ax.set_xscale("log")
    ax.set(
        xlabel="deviation of scores", ylabel="cosine with relaxed update", title="softmax left out"
    )
    ax.axhline(1, color=theme.MUTED, lw=0.8, ls=":")
    ax.set_ylim(-0.1, 1.05)
    ax.legend(title="demonstration tokens", ncols=2, loc="upper left", bbox_to_anchor=(0, 0.97))


def _bias(ax: Axes, table: DataFrame) -> None:
    rows = table.sort_values("size")
    ax.plot(rows["size"], rows["closed_form"], color=theme.THEORY, ls="--", label="closed form")
    ax.errorbar(
        rows["size"],
        rows["simaou"],
        rows["deviation"],
        fmt="o",
        ms=3.5,
        lw=1,
        color=theme.CATEGORIES[7],
        label="simulated",
    )
    ax.plot(
        rows["size"], rows["unnormalised"], "s", ms=3, color=theme.MUTED, label="without scaling"
    )
    ax.set_xscale("log")
    ax.set(xlabel="length of changes", ylabel="SimAOU", title="lengths scaled to 1")
    ax.set_ylim(-0.05, 0.75)
    ax.legend(loc="upper left")
