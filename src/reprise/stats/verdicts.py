"""Judge claims by their criteria (docs/architecture.md says when which verdict is given).

A claim is ``not tested`` where the scale is too small, a gate is not met, networks are too few, or
its table has no number; ``inconclusive`` where a tree with other rounding says otherwise.
"""

import hashlib
import json
import math
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from reprise.specs.claims import (
    CONTRADICTED,
    INCONCLUSIVE,
    NOT_TESTED,
    OTHERWISE,
    PARTLY,
    REPRODUCED,
    TASK,
    Claim,
    Claims,
    Criterion,
    rules,
)
from reprise.specs.errors import suggest
from reprise.stats.intervals import (
    binomial_interval,
    bootstrap_interval,
    networks_interval,
)

COLUMNS = (
    "paper claim kind figure statement gate statistic low high networks threshold threshold_source "
    "paper_value calibration other_rounding verdict reason scale"
).split()


@dataclass(frozen=True)
class Measurement:
    """A statistic and the ends of its interval; NaN where there is none."""

    statistic: float
    low: float = math.nan
    high: float = math.nan
    networks: int | None = None
    """How many it was measured on; None where that is not told."""
    met: int | None = None
    """How many of them lie within the bounds on their own; None where they are not told apart."""
    each: int = 1
    """Where rows are tasks: how many networks stand behind every row."""
    why: str = ""
    """Why there is no statistic, where that needs words."""


class NoNumber(ValueError):
    """The rows are there, and their values have no such statistic."""


def judge(
    claims: Claims,
    tables: Mapping[str, pd.DataFrame],
    paper: str,
    scale: str,
    other: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """One row per claim, in the order of the file, with the columns ``COLUMNS``.

    Where a claim is judged, the rows that its criteria and its gate ask for have to be there.
    ``other`` is what ``other_rounding`` made of trees with other rounding, one below the other. Its
    rows count at their own scale, and at one that measures the same number on as many networks, as
    it has the same ones. Claims whose rule has changed since do not count in it.

    Raises:
        ValueError: a criterion does not fit its table; the message names claim, table and column,
            and where no row is as it asks, the nearest that there is.
    """
    rows = [
        {"paper": paper, "claim": name, **_row(name, claim, claims, tables, scale), "scale": scale}
        for name, claim in claims.claims.items()
    ]
    if other is not None:
        rule_of = rule_digests(claims, scale)
        there = other.fillna({"networks": ""}).to_dict("records")
        for row in rows:
            claim = str(row["claim"])
            found = [
                f
                for f in there
                if (f["claim"], f["rule"]) == (claim, rule_of[claim])
                and (
                    f["scale"] == scale
                    or (f["own"], f["networks"]) == (row["statistic"], row["networks"])
                )
            ]
            if found:
                row |= _beside(str(row["verdict"]), found)
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _beside(verdict: str, found: Sequence[Mapping[Hashable, Any]]) -> dict[str, object]:
    """What a row says of its verdict in trees with other rounding."""
    told = {"other_rounding": ", ".join(f"{f['verdict']} ({f['statistic']:.4g})" for f in found)}
    others = [f["verdict"] for f in found if f["verdict"] != verdict]
    if not others:
        return {**told}
    reason = f"{verdict} here, {others[0]} {OTHERWISE}"
    return {**told, "verdict": INCONCLUSIVE, "reason": reason}


def other_rounding(claims: Claims, judged: pd.DataFrame, own: pd.DataFrame) -> pd.DataFrame:
    """What ``judge`` is told about a tree with other rounding, whose verdicts are ``judged``.

    ``own``: the verdicts of the project's own tree of that scale.
    """
    kept = judged[["scale", "claim", "statistic", "verdict"]]
    scale = next(iter(judged["scale"]), "")
    beside = own.set_index("claim")
    return kept.assign(
        rule=judged["claim"].map(rule_digests(claims, scale)),
        own=judged["claim"].map(beside["statistic"]),
        networks=judged["claim"].map(beside["networks"]),
    )


def rule_digests(claims: Claims, scale: str) -> dict[str, str]:
    """Claim -> twelve hexadecimal digits of all that decides its verdict at ``scale``."""
    found = rules(claims.model_dump(mode="json", exclude_none=True), scale)
    return {
        name: hashlib.sha256(json.dumps(rule, sort_keys=True).encode()).hexdigest()[:12]
        for name, rule in found.items()
    }


def _row(
    name: str, claim: Claim, claims: Claims, tables: Mapping[str, pd.DataFrame], scale: str
) -> dict[str, object]:
    strict = scale in claim.scales
    found = _measured(f"claim {name}", claim.criterion, tables, strict)
    gate, closed = "", ""
    if claim.gate is not None:
        rule = claims.gates[claim.gate].criterion
        passed = _measured(f"gate {claim.gate}", rule, tables, strict)
        open_ = _inside(rule, passed.statistic)
        known = "not measured" if math.isnan(passed.statistic) else "not met"
        gate = f"{claim.gate}: {'met' if open_ else known}"
        closed = "" if open_ else f"gate {claim.gate}: {passed.statistic:.4g}, needs {bounds(rule)}"
    verdict, reason = NOT_TESTED, _untested(claim, found, strict, closed)
    if not reason:
        verdict = verdict_of(claim.criterion, found)
        if verdict != REPRODUCED and claim.partly is not None:
            weaker = _measured(f"claim {name}", claim.partly, tables, strict)
            verdict = PARTLY if verdict_of(claim.partly, weaker) == REPRODUCED else verdict
    return {
        "kind": claim.kind,
        "figure": claim.figure,
        "statement": claim.statement,
        "gate": gate,
        "statistic": found.statistic,
        "low": found.low,
        "high": found.high,
        "networks": _networks(claim, found),
        "threshold": bounds(claim.criterion),
        "threshold_source": f"{claim.threshold.source}: {claim.threshold.why}",
        "paper_value": "" if claim.paper_value is None else str(claim.paper_value),
        "calibration": claim.calibration or "",
        "other_rounding": "",
        "verdict": verdict,
        "reason": reason,
    }


def _untested(claim: Claim, found: Measurement, strict: bool, closed: str) -> str:
    """Why the claim is not tested; empty where it is."""
    least = claim.criterion.min_networks or 1
    if not strict:
        return f"scale: {claim.not_tested or 'judged at ' + ', '.join(claim.scales)}"
    if closed:
        return closed
    if found.networks is not None and found.networks < least:
        return f"seeds: {found.networks} of at least {least}"
    if math.isnan(found.statistic):
        return found.why or f"no number in table {claim.criterion.table}"
    return ""


def _networks(claim: Claim, found: Measurement) -> str:
    """On how many networks the claim was judged, and how many meet it on their own."""
    if found.networks is None or found.networks == 1:
        return "" if claim.kind == "derivation" else "one network"
    if found.met is None:
        return f"{found.networks} networks"
    apart = f"{found.met} of {found.networks} {claim.criterion.over}s"
    if claim.criterion.over != TASK:
        return apart
    return f"{apart}, {'one network' if found.each == 1 else f'{found.each} networks'}"


def bounds(criterion: Criterion) -> str:
    """What is asked of the statistic, as text: ``>= 0.9``, ``0.4 to 0.6``."""
    low, high = criterion.at_least, criterion.at_most
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    return f">= {low:g}" if low is not None else f"<= {high:g}"


def verdict_of(criterion: Criterion, found: Measurement) -> str:
    """Reproduced, inconclusive or contradicted; without an interval the statistic decides."""
    ends = [end for end in (found.low, found.high) if not math.isnan(end)]
    if all(_inside(criterion, value) for value in (found.statistic, *ends)):
        return REPRODUCED
    low, high = _limits(criterion)
    outside = not ends and not _inside(criterion, found.statistic)
    outside |= bool(ends) and (max(ends) < low or min(ends) > high)
    return CONTRADICTED if outside else INCONCLUSIVE


def _limits(criterion: Criterion) -> tuple[float, float]:
    low, high = criterion.at_least, criterion.at_most
    return -math.inf if low is None else low, math.inf if high is None else high


def _inside(criterion: Criterion, value: float) -> bool:
    low, high = _limits(criterion)
    return bool(low <= value <= high)


def _measured(
    what: str, criterion: Criterion, tables: Mapping[str, pd.DataFrame], strict: bool
) -> Measurement:
    """The criterion's statistic; if ``strict``, the rows that it names have to be there."""
    frame, what = tables[criterion.table], f"{what}: table {criterion.table}"
    needed = [*criterion.where, *([] if criterion.statistic == "count" else [criterion.column])]
    for column in (*needed, *([criterion.over] if criterion.over else [])):
        if column not in frame.columns:
            raise ValueError(f"{what} has no column {column!r}{suggest(column, frame.columns)}")
    for column, value in criterion.where.items():
        chosen = frame[frame[column] == value]
        # Rows of a kind may be counted to none; a number or a truth may be nobody's.
        counted = criterion.statistic == "count" and not isinstance(value, str)
        among = criterion.over is not None and isinstance(value, bool)
        if strict and chosen.empty and not (counted or among):
            there = list(dict.fromkeys(frame[column]))
            raise ValueError(f"{what} has no row with {column} {value!r}{suggest(value, there)}")
        frame = chosen
    try:
        return measure(frame, criterion, what)
    except NoNumber as error:
        return Measurement(math.nan, why=str(error))


def measure(frame: pd.DataFrame, criterion: Criterion, what: str = "") -> Measurement:
    """Reduce the rows of ``frame`` as described in ``Criterion``.

    No rows at all give NaN, except that their ``count`` is 0.

    Raises:
        ValueError: ``value`` asked of several rows, ``share`` of a column that is not true/false, a
            network with two rows.
        NoNumber: a geometric mean of numbers that are not positive, a share where one is missing.
    """
    if criterion.statistic == "count":
        return Measurement(float(len(frame)))
    values = frame[criterion.column]
    if values.empty or values.isna().all():
        return Measurement(math.nan, networks=0 if criterion.over else None, met=0)
    numbers = values.to_numpy(float)
    if criterion.over is None:
        return _over_rows(frame, numbers, criterion, what)
    if frame[criterion.over].duplicated().any():
        raise ValueError(f"{what}: {criterion.over} does not tell its {len(frame)} rows apart")
    return _over_networks(frame, numbers, criterion, what)


def _over_rows(
    frame: pd.DataFrame, numbers: np.ndarray, criterion: Criterion, what: str
) -> Measurement:
    name = criterion.statistic
    if name == "share":
        return Measurement(*_share(numbers, what))
    if name == "value":
        if len(frame) != 1:
            raise ValueError(f"{what}: 'value' needs exactly one row, found {len(frame)}")
        row = frame.iloc[0]
        networks = int(row["networks"]) if "networks" in frame else None
        return Measurement(float(numbers[0]), _end(row, "low"), _end(row, "high"), networks)
    if name == "geometric_mean":
        return Measurement(float(np.exp(_logarithms(numbers, what).mean())))
    result = float(getattr(pd.Series(numbers), name)(skipna=False))
    if name in ("median", "mean") and len(numbers) > 1:
        return Measurement(result, *bootstrap_interval(numbers, name))
    return Measurement(result)


def _over_networks(
    frame: pd.DataFrame, numbers: np.ndarray, criterion: Criterion, what: str
) -> Measurement:
    count = len(numbers)
    each = int(frame["networks"].min()) if "networks" in frame else 1
    if criterion.statistic == "share":
        return Measurement(*_share(numbers, what), count, int(numbers.sum()), each)
    met = sum(_inside(criterion, value) for value in numbers)
    has_ends = {"low", "high"} <= set(frame.columns)
    ends = frame[["low", "high"]].to_numpy(float) if has_ends else np.full((count, 2), np.nan)
    if criterion.statistic == "mean":
        interval = networks_interval(numbers, ends)
        return Measurement(float(numbers.mean()), *interval, count, met, each)
    logarithms = _logarithms(numbers, what)
    # An end at or below zero has no logarithm; the other one then tells the width.
    ends = np.where(ends > 0, ends, numbers[:, None] ** 2 / ends[:, ::-1])
    low, high = np.exp(networks_interval(logarithms, np.log(ends)))
    mean = float(np.exp(logarithms.mean()))
    return Measurement(mean, float(low), float(high), count, met, each)


def _logarithms(numbers: np.ndarray, what: str) -> np.ndarray:
    if (numbers <= 0).any():
        raise NoNumber(f"{what}: a geometric mean needs positive numbers, found {numbers.min()}")
    return np.asarray(np.log(numbers))


def _end(row: pd.Series, name: str) -> float:
    return float(row.get(name, math.nan))


def _share(numbers: np.ndarray, what: str) -> tuple[float, float, float]:
    if not set(numbers[~np.isnan(numbers)]) <= {0.0, 1.0}:
        raise ValueError(f"{what}: 'share' needs a true/false column")
    if np.isnan(numbers).any():
        raise NoNumber(f"{what}: a share, and {np.isnan(numbers).sum()} values are missing")
    hits = int(numbers.sum())
    return hits / len(numbers), *binomial_interval(hits, len(numbers))
