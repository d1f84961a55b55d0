"""A small report with every kind of row, figure and state, and one written by an attacker."""

import math
from dataclasses import replace
from types import SimpleNamespace

import pytest

from reprise.plotting.blocks import Block
from reprise.records.record import Record
from reprise.records.state import State
from reprise.report.html import build
from reprise.report.model import (
    Cost,
    Deviation,
    FigureEntry,
    PaperEntry,
    ReportModel,
    Step,
    VerdictRow,
)
from reprise.specs.load import CHART_LIBRARY, report_assets

PINK = "#e6007a"
SVG = (
    '<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="x" '
    'width="300pt" height="150pt" viewBox="0 0 300 150">'
    f'<rect width="300" height="150" fill="{PINK}"/></svg>'
).encode()
HOSTILE = "</style><script>window.pwned=1</script><img src=x onerror=\"window.pwned=1\"> & 'quoted'"
HOSTILE_SVG = SVG.replace(b"</svg>", b"<script>window.pwned=1;parent.pwned=1</script></svg>")
BLOCK = Block(
    "accuracy", "Turn the wheel", "Any step.", '<label>step <input type="range" name="at"></label>'
)


def row(claim="delay", figure="accuracy", verdict="reproduced", paper="pearce2023", **changes):
    values = {
        "kind": "finding",
        "statement": "It generalises ten times later than it fits.",
        "gate": "fitted: met",
        "statistic": 62.1,
        "low": math.nan,
        "high": math.nan,
        "networks": "3 of 4 seeds",
        "threshold": ">= 10",
        "threshold_source": "ours: an order of magnitude",
        "paper_value": "80",
        "calibration": "",
        "other_rounding": "",
        "reason": "",
        "scale": "cpu",
    }
    values |= {"paper": paper, "claim": claim, "figure": figure, "verdict": verdict}
    return VerdictRow(**{**values, **changes})


RECORD = Record(
    fingerprint="a" * 64,
    outputs={},
    marks={},
    inputs={},
    spec={},
    code={},
    files={},
    environment={"cpu": "Abacus"},
    execution={"wall_s": 3725.0},
    node={},
    commit={"sha": "c" * 40, "dirty": False},
)
STALE = State("stale", ("code theme changed",))
LINEAGE = (
    Step("pearce2023/run/main", "run", State("current"), (), "a" * 64, RECORD, seeds=(0, 1, 2)),
    Step(
        "pearce2023/figure/accuracy",
        "figure",
        STALE,
        ("pearce2023/run/main",),
        "b" * 64,
        replace(RECORD, outputs={"accuracy.svg": "d" * 64}),
    ),
)


def figure(name="accuracy", state="current", **changes):
    values = {
        "title": f"Title of {name}",
        "caption": "Train and test.",
        "source": "Figure 1",
        "footer": "cpu · seeds 0-7 · exact",
        "size": (400, 200),
        "tables": ("curves",),
        "code": ("papers/pearce2023/figures/f1.py",),
        "lineage": (LINEAGE[0], replace(LINEAGE[1], id=f"pearce2023/figure/{name}")),
    }
    return FigureEntry(name, state=state, **{**values, **changes})


def paper(key="pearce2023", **changes):
    values = {
        "title": "Memorize or Generalize?",
        "authors": "Pearce et al.",
        "year": 2023,
        "link": "https://example.org/grokking/",
        "abstract": "A network fits at once and generalises later.",
        "verdicts": (
            row(),
            row("width", verdict="partly", statistic=3600.0, low=3100.0, high=4300.0),
            row("loss", "loss", "contradicted", statistic=1.34e-6, threshold="<= 1e-07"),
            row("share", verdict="inconclusive", low=8.0, high=70.0),
            row("seeds", "loss", "not tested", gate="enough: not met", reason="gate enough: 2"),
            row("control", "loss", kind="control", networks="one network"),
        ),
        "figures": (
            figure(blocks=(BLOCK,)),
            figure("loss", state="behind", reasons=("jax 1 -> 2",)),
            figure("weights"),
        ),
        "deviations": (Deviation("seed", "165", "first of 0-7", "seeds are not portable"),),
        "code": {"papers/pearce2023/figures/f1.py": "def draw(tables): ...\n"},
        "cost": Cost(12, 3, 3725.0, ("Abacus",)),
    }
    return PaperEntry(key, **{**values, **changes})


def model(*papers):
    return ReportModel("Reprise: report", "cpu", papers or (paper(),))


def hostile(name=HOSTILE):
    """Every text of the report is HTML that would run a script; its figure is called ``name``."""
    return ReportModel(
        HOSTILE,
        HOSTILE,
        (
            paper(
                title=HOSTILE,
                authors=HOSTILE,
                link="javascript:window.pwned=1",
                abstract=HOSTILE,
                verdicts=(
                    row(
                        HOSTILE,
                        name,
                        statement=HOSTILE,
                        gate=HOSTILE,
                        threshold=HOSTILE,
                        paper_value=HOSTILE,
                        reason=HOSTILE,
                        networks=HOSTILE,
                        calibration=HOSTILE,
                        threshold_source=HOSTILE,
                    ),
                ),
                figures=(
                    figure(
                        name,
                        title=HOSTILE,
                        caption=HOSTILE,
                        source=HOSTILE,
                        footer=HOSTILE,
                        tables=(name,),
                        reasons=(HOSTILE,),
                    ),
                ),
                deviations=(Deviation(HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
                changed={HOSTILE: (HOSTILE,)},
                code={HOSTILE: HOSTILE},
            ),
        ),
    )


def tree(folder, shown, svg=SVG):
    """A result tree below ``folder`` with the pages of the model ``shown`` in ``report/``."""
    site = folder / "report"
    site.mkdir(parents=True)
    files = {name: text.encode() for name, text in build(shown).items()}
    files |= {path.name: path.read_bytes() for path in report_assets()}
    for name, data in {**files, "verdicts.csv": b"", CHART_LIBRARY: b""}.items():
        (site / name).write_bytes(data)
    for paper in shown.papers:
        for figure in paper.figures:
            place = folder / paper.key / "figures" / figure.name
            place.parent.mkdir(parents=True, exist_ok=True)
            for ending in (".svg", ".png", ".record.json"):
                place.with_name(place.name + ending).write_bytes(svg)
            for table in figure.tables:
                csv = folder / paper.key / "tables" / f"{table}.csv"
                csv.parent.mkdir(exist_ok=True)
                csv.touch()
    return site


@pytest.fixture(scope="session")
def make():
    """Makers of rows, figures, papers, whole reports and trees that hold them."""
    return SimpleNamespace(
        row=row,
        figure=figure,
        paper=paper,
        model=model,
        hostile=hostile,
        tree=tree,
        HOSTILE=HOSTILE,
        HOSTILE_SVG=HOSTILE_SVG,
        PINK=PINK,
    )
