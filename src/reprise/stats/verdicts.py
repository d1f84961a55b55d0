"""Judge claims by the rules written before the run.

A claim is ``reproduced`` where its statistic and the whole interval meet the threshold, ``partly``
where the statistic does and the interval reaches across it (or the weaker criterion is met), else
``not reproduced``. Where the scale or an unmet gate forbids judgement it is ``not tested at this
scale``.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from reprise.specs.claims import Claim, Claims, Criterion, Statistic
from reprise.specs.errors import suggest
from reprise.specs.verdicts import NOT_REPRODUCED, NOT_TESTED, PARTLY, REPRODUCED
from reprise.stats.intervals import binomial_interval, bootstrap_interval

COLUMNS = (
    "paper claim figure statement gate statistic low high threshold paper_value verdict scale seeds"
).split()


@dataclass(frozen=True)
class Measurement:
    """A statistic and its interval; NaN where there is none."""

    statistic: float
    low: float
    high: float


def judge(
    claims: Claims,
    tables: Mapping[str, pd.DataFrame],
    paper: str,
    scale: str,
    seeds: str,
    strict: bool = True,
) -> pd.DataFrame:
    """One row per claim, in the order of the file, with the columns ``COLUMNS``.

    Unless ``strict``, rows that a criterion asks for may be missing: there is no statistic then.

    Raises:
        ValueError: a criterion does not fit its table; the message names claim, table and column,
            and where no row is as it asks, the nearest that there is.
    """
    judged = {name for name, claim in claims.claims.items() if strict and scale in claim.scales}
    asked = {claims.claims[name].gate for name in judged}
    gates = {
        name: _met(gate.criterion, _measured(f"gate {name}", gate.criterion, tables, name in asked))
        == REPRODUCED
        for name, gate in claims.gates.items()
    }
    rows = [
        {
            "paper": paper,
            "claim": name,
            "figure": claim.figure,
            "statement": claim.statement,
            **_row(name, claim, tables, gates, scale, name in judged),
            "scale": scale,
            "seeds": seeds,
        }
        for name, claim in claims.claims.items()
    ]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _row(
    name: str,
    claim: Claim,
    tables: Mapping[str, pd.DataFrame],
    gates: Mapping[str, bool],
    scale: str,
    strict: bool,
) -> dict[str, object]:
    found = _measured(f"claim {name}", claim.criterion, tables, strict)
    gate = (
        "" if claim.gate is None else f"{claim.gate}: {'met' if gates[claim.gate] else 'not met'}"
    )
    verdict = _met(claim.criterion, found)
    if verdict == NOT_REPRODUCED and claim.partly is not None:
        weaker = _met(claim.partly, _measured(f"claim {name}", claim.partly, tables, strict))
        verdict = PARTLY if weaker != NOT_REPRODUCED else verdict
    if scale not in claim.scales or (claim.gate is not None and not gates[claim.gate]):
        verdict = NOT_TESTED
    return {
        "gate": gate,
        "statistic": found.statistic,
        "low": found.low,
        "high": found.high,
        "threshold": _threshold(claim.criterion),
        "paper_value": "" if claim.paper_value is None else str(claim.paper_value),
        "verdict": verdict,
    }


def _threshold(criterion: Criterion) -> str:
    low, high = criterion.at_least, criterion.at_most
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f">= {low:g}" if low is not None else f"<= {high:g}"


def _met(criterion: Criterion, found: Measurement) -> str:
    low = -math.inf if criterion.at_least is None else criterion.at_least
    high = math.inf if criterion.at_most is None else criterion.at_most
    if not low <= found.statistic <= high:
        return NOT_REPRODUCED
    ends = [end for end in (found.low, found.high) if not math.isnan(end)]
    return REPRODUCED if all(low <= end <= high for end in ends) else PARTLY


def _measured(
    what: str, criterion: Criterion, tables: Mapping[str, pd.DataFrame], strict: bool
) -> Measurement:
    """The criterion's statistic; if ``strict``, the rows that it names have to be there."""
    frame = tables[criterion.table]
    needed = [*criterion.where, *([] if criterion.statistic == "count" else [criterion.column])]
    for column in needed:
        if column not in frame.columns:
            raise ValueError(f"{what}: table {criterion.table} has no column {column!r}")
    for column, value in criterion.where.items():
        chosen = frame[frame[column] == value]
        counted = criterion.statistic == "count" and not isinstance(value, str)
        if strict and chosen.empty and not counted:
            there = list(dict.fromkeys(frame[column]))
            raise ValueError(
                f"{what}: table {criterion.table} has no row with {column} {value!r}"
                f"{suggest(value, there)}"
            )
        frame = chosen
    return measure(frame, criterion.column, criterion.statistic, f"{what}: table {criterion.table}")


def measure(frame: pd.DataFrame, column: str, statistic: Statistic, what: str = "") -> Measurement:
    """Reduce ``column`` of the rows of ``frame`` as described in ``Criterion``.

    No rows at all give NaN, which meets no threshold, except that their ``count`` is 0.

    Raises:
        ValueError: ``value`` asked of several rows, ``share`` of a column that is not true/false.
    """
    if statistic == "count":
        return Measurement(float(len(frame)), math.nan, math.nan)
    values = frame[column]
    if values.empty or values.isna().all():
        return Measurement(math.nan, math.nan, math.nan)
    if statistic == "share":
        return _share(values, what)
    if statistic == "value":
        if len(frame) != 1:
            raise ValueError(f"{what}: 'value' needs exactly one row, found {len(frame)}")
        row = frame.iloc[0]
        ends = [float(row.get(end, math.nan)) for end in ("low", "high")]
        return Measurement(float(row[column]), *ends)
    numbers = values.to_numpy(float)
    result = float(getattr(pd.Series(numbers), statistic)(skipna=False))
    if (statistic == "median" or statistic == "mean") and len(numbers) > 1:
        return Measurement(result, *bootstrap_interval(numbers, statistic))
    return Measurement(result, math.nan, math.nan)


def _share(values: pd.Series, what: str) -> Measurement:
    numbers = values.to_numpy(float)
    if not set(numbers) <= {0.0, 1.0}:
        raise ValueError(f"{what}: 'share' needs a true/false column")
    hits = int(numbers.sum())
    return Measurement(hits / len(numbers), *binomial_interval(hits, len(numbers)))
