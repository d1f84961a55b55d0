"""What a report shows, as plain values: filled from records, without clock or environment."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field

VERDICTS = ("reproduced", "partly", "not reproduced", "not tested at this scale")
"""Every possible verdict, best first."""

STATES = ("current", "behind", "stale", "tampered", "missing", "unverifiable")
"""Every possible state of a result."""


@dataclass(frozen=True)
class VerdictRow:
    """One judged claim; the fields are the columns of ``verdicts.csv``."""

    paper: str
    claim: str
    figure: str
    statement: str
    gate: str
    """``name: met`` or ``name: not met``; empty where the claim has none."""
    statistic: float
    low: float
    high: float
    """Ends of the 95 % interval; NaN where there is none."""
    threshold: str
    paper_value: str
    verdict: str
    scale: str
    seeds: str

    def __post_init__(self) -> None:
        if self.verdict not in VERDICTS:
            raise ValueError(f"claim {self.claim}: {self.verdict!r} is none of {VERDICTS}")


@dataclass(frozen=True)
class Step:
    """One node that a figure descends from, or the figure itself, as its record tells."""

    id: str
    kind: str
    state: str
    fingerprint: str = ""
    inputs: tuple[str, ...] = ()
    """Ids of the nodes that it read."""
    seconds: float | None = None
    """Wall time of making it; None where the record is missing."""
    device: str = ""
    commit: str = ""
    outputs: Mapping[str, str] | None = None
    """File name -> sha256."""
    reasons: tuple[str, ...] = ()
    """Why the state is not ``current``."""


@dataclass(frozen=True)
class FigureEntry:
    """One figure with everything that is told about it."""

    name: str
    title: str
    caption: str
    source: str
    """Figure and section of the paper."""
    svg: bytes | None
    """None where the figure has not been made."""
    state: str
    footer: str
    """Scale, seeds, numerics: the line below the picture."""
    reasons: tuple[str, ...] = ()
    lineage: tuple[Step, ...] = ()
    """From data sets and runs to the figure, inputs before what is made from them."""

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise ValueError(f"figure {self.name}: {self.state!r} is none of {STATES}")


@dataclass(frozen=True)
class Deviation:
    """A setting in which the replication differs from the paper."""

    setting: str
    paper: str
    ours: str
    why: str


@dataclass(frozen=True)
class PaperEntry:
    """One replicated paper."""

    key: str
    title: str
    authors: str
    year: int
    link: str
    abstract: str
    verdicts: tuple[VerdictRow, ...] = ()
    figures: tuple[FigureEntry, ...] = ()
    deviations: tuple[Deviation, ...] = ()
    changed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Claim -> how its criterion was changed after results had been judged by it."""

    @property
    def dropped(self) -> tuple[str, ...]:
        """Claims that were removed after they had been judged."""
        return tuple(name for name in self.changed if name not in {v.claim for v in self.verdicts})

    @property
    def counts(self) -> dict[str, int]:
        """Verdict -> number of claims, for every verdict."""
        return count(self.verdicts)

    def claims_of(self, figure: str) -> tuple[VerdictRow, ...]:
        """The claims that are read off ``figure``."""
        return tuple(row for row in self.verdicts if row.figure == figure)


@dataclass(frozen=True)
class ReportModel:
    """Everything that the page shows."""

    title: str
    scale: str
    papers: tuple[PaperEntry, ...]

    @property
    def counts(self) -> dict[str, int]:
        """Verdict -> number of claims over all papers, for every verdict."""
        return count([row for paper in self.papers for row in paper.verdicts])


def count(rows: tuple[VerdictRow, ...] | list[VerdictRow]) -> dict[str, int]:
    """Verdict -> number of rows, for every verdict, best first."""
    found = Counter(row.verdict for row in rows)
    return {verdict: found[verdict] for verdict in VERDICTS}
