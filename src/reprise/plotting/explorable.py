"""Charts with controls for the pages of the report: tables in, markup out.

A chart is a Vega-Lite description with its data inside. On the page the library of ``script`` and
``report/site/explorables.js`` draw it and make its controls, which are native inputs. Panels stand
side by side where there is room and else below one another. Without scripts there is but a note.
"""

import json
import math
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

import altair as alt
import vl_convert
from pandas import DataFrame, Series
from pandas.api.types import is_float_dtype, is_numeric_dtype

from reprise.plotting import theme

WIDTH, HEIGHT = 236, 200
"""Pixels of a panel without its axes; with them it fits a screen of 390."""
_PANEL = 320
"""Pixels that a panel takes with its axes and the gap to the next."""
_FONT = "system-ui, sans-serif"
_NOTE = "The controls need scripts; the figure shows the same data."

Panel = alt.Chart | alt.LayerChart | alt.FacetChart

SOLID, DASHED, DOTTED = [1, 0], [5, 3], [2, 2]


class Look(NamedTuple):
    """How a named line is drawn."""

    color: str
    dash: list[int] = SOLID
    width: float = 2


def data(frame: DataFrame, digits: int = 4) -> alt.InlineData:
    """``frame`` as the data of a chart, its numbers to so many significant digits.

    By columns, which is shorter than by rows: the page makes rows of them. One text until then, as
    Altair copies all that a chart holds, value by value, at every step.
    """
    columns = {str(name): _values(frame[name], digits) for name in frame}
    return alt.InlineData(values=json.dumps(columns, allow_nan=False))


def thin(frame: DataFrame, column: str, most: int) -> DataFrame:
    """The rows of at most ``most`` values of ``column``, every n-th of them from the first on."""
    values = sorted(frame[column].unique())
    return frame[frame[column].isin(values[:: -(-len(values) // most)])]


def slider(name: str, label: str, values: Sequence[float], start: float) -> alt.Parameter:
    """A choice among evenly spaced ``values``; raises ValueError for others or fewer than two."""
    steps = [round(b - a, 9) for a, b in pairwise(values)]
    if not steps or min(steps) <= 0 or min(steps) != max(steps):
        raise ValueError(f"the slider {label!r} needs evenly spaced values, not {list(values)}")
    low, high = values[0], values[-1]
    bound = alt.binding_range(name=label, min=low, max=high, step=steps[0])
    return alt.param(name=name, value=start, bind=bound)


def choice(name: str, label: str, options: Mapping[Any, str], start: Any) -> alt.Parameter:
    """A choice among the keys of ``options``, which are shown by their values."""
    bound = alt.binding_select(options=list(options), labels=list(options.values()), name=label)
    return alt.param(name=name, value=start, bind=bound)


def switch(name: str, label: str) -> alt.Parameter:
    """On at first, or off."""
    return alt.param(name=name, value=True, bind=alt.binding_checkbox(name=label))


def looks(lines: Mapping[str, Look], *, legend: bool = True) -> dict[str, Any]:
    """Encodings that draw every line by the look of its ``name``, with one legend or none."""
    shown: dict[str, Any] = {"legend": alt.Legend(symbolSize=400) if legend else None}

    def scale(place: int) -> alt.Scale:
        return alt.Scale(domain=list(lines), range=[look[place] for look in lines.values()])

    return {
        "color": alt.Color("name:N", scale=scale(0), **shown),
        "strokeDash": alt.StrokeDash("name:N", scale=scale(1), **shown),
        "strokeWidth": alt.StrokeWidth("name:N", scale=scale(2), **shown),
    }


def here(name: str, title: str) -> alt.Chart:
    """An upright line at the value of the control ``name``, on the x axis with that ``title``."""
    at = alt.XDatum(alt.ExprRef(name), type="quantitative", title=title)
    line = alt.Chart(alt.InlineData(values=[{}]))
    return line.mark_rule(color=theme.REFERENCE, strokeWidth=1.5, aria=False).encode(at)


def markup(
    panels: Sequence[Panel],
    controls: Sequence[alt.Parameter],
    description: str,
) -> str:
    """What stands on the page for ``panels``; screen readers are told the ``description``."""
    own: dict[str, Any] = dict.fromkeys(("color", "strokeDash", "strokeWidth"), "independent")
    whole = alt.concat(*panels).add_params(*controls).resolve_scale(**own)
    spec = whole.configure(**_config()).to_dict()
    known = spec["datasets"].items()
    spec["datasets"] = {n: json.loads(d) if isinstance(d, str) else d for n, d in known}
    spec |= {"description": description, "usermeta": {"panel": _PANEL}, "spacing": 24}
    text = json.dumps(spec, separators=(",", ":"), sort_keys=True, allow_nan=False)
    text = text.replace("<", "\\u003c")
    return (
        '<div class="explorable" hidden><form class="controls"></form><div class="stage"></div>'
        f'<script type="application/json">{text}</script></div>'
        f"<noscript><p>{_NOTE}</p></noscript>"
    )


def script() -> str:
    """The library that draws the charts of every page; it needs nothing else, and no network."""
    version = ".".join(alt.SCHEMA_VERSION.removeprefix("v").split(".")[:2])
    return str(vl_convert.javascript_bundle("window.vegaEmbed = vegaEmbed;", vl_version=version))


def _values(column: Series, digits: int) -> list[Any]:
    if is_float_dtype(column):
        values = column.to_numpy(float)
        return [float(f"{v:.{digits}g}") if math.isfinite(v) else None for v in values]
    return list(column.tolist() if is_numeric_dtype(column) else column.astype(str))


def _config() -> dict[str, Any]:
    axis = {
        "labelFont": _FONT,
        "titleFont": _FONT,
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelColor": theme.INK,
        "titleColor": theme.INK,
        "domainColor": theme.INK,
        "tickColor": theme.INK,
        "grid": False,
    }
    legend = {
        "labelFont": _FONT,
        "labelFontSize": 12,
        "labelColor": theme.INK,
        "title": None,
        "titleFont": _FONT,
        "titleFontWeight": "normal",
        "orient": "top",
        "direction": "horizontal",
        "columns": 2,
        "labelLimit": 200,
    }
    title = {"font": _FONT, "fontSize": 13, "color": theme.INK, "anchor": "start"}
    return {
        "axis": axis,
        "legend": legend,
        "title": title,
        "text": {"font": _FONT, "fontSize": 12, "color": theme.INK},
        "view": {
            "continuousWidth": WIDTH,
            "continuousHeight": HEIGHT,
            "discreteWidth": WIDTH,
            "discreteHeight": HEIGHT,
            "stroke": None,
        },
        "background": "white",
        "range": {"category": list(theme.CATEGORIES)},
    }
