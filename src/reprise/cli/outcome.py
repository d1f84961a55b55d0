"""The verdict table that ends a run."""

from collections import Counter

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from reprise.execution.planning import Plan

STYLES = {"reproduced": "green", "partly": "yellow", "not reproduced": "red"}
MARKS = {"reproduced": "✓", "partly": "◐", "not reproduced": "✗"}


def show_verdicts(plan: Plan, console: Console) -> None:
    """Print one line per claim, then the counts."""
    import pandas as pd

    path = plan.project.path(plan.graph.nodes["report"].outputs[1])
    frame = pd.read_csv(path, keep_default_na=False)
    table = Table(box=None, title="Verdicts", title_justify="left")
    for name in ("figure", "claim", "statistic", "threshold", "paper", "verdict"):
        table.add_column(name, overflow="fold", justify="right" if name == "statistic" else "left")
    for row in frame.itertuples():
        verdict = str(row.verdict)
        mark = f"{MARKS.get(verdict, '–')} {verdict}"
        table.add_row(
            str(row.figure).partition("-")[0],
            escape(str(row.claim)),
            _number(row.statistic),
            escape(str(row.threshold)),
            escape(str(row.paper_value)),
            f"[{STYLES.get(verdict, 'dim')}]{mark}[/]",
        )
    console.print(table)
    counts = Counter(frame["verdict"])
    console.print(", ".join(f"{count} {name}" for name, count in counts.most_common()))


def _number(value: object) -> str:
    try:
        return f"{float(str(value)):.4g}"
    except ValueError:
        return "–"
