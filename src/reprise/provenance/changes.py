"""What changed between two makings of one node: its environment, and the verdicts it led to."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from reprise.records.record import Record


@dataclass(frozen=True)
class VerdictPair:
    """One claim as judged on two sides; None where a side does not have it."""

    paper: str
    claim: str
    statement: str
    before: str | None
    after: str | None
    statistic_before: str | None
    statistic_after: str | None
    threshold_before: str | None
    threshold_after: str | None

    @property
    def flipped(self) -> bool:
        """Whether both sides judged it, and not alike."""
        return None not in (self.before, self.after) and self.before != self.after


def verdict_pairs(before: bytes | None, after: bytes | None) -> tuple[VerdictPair, ...]:
    """The claims of two ``verdicts.csv`` (None: there is none), in the order of the first.

    Raises:
        ValueError: one is not a table of verdicts.
    """
    old, new = _verdicts(before), _verdicts(after)
    return tuple(_pair(old.get(key, {}), new.get(key, {})) for key in dict.fromkeys([*old, *new]))


def environment_changes(before: Record, after: Record) -> tuple[str, ...]:
    """Versions, platform, processor, device, threads, numerics that are not the same, in words."""
    return tuple(
        f"{name} was {_text(old)}, is {_text(new)}"
        for name, old, new in _pairs(before, after)
        if old != new
    )


def device_type(record: Record) -> str | None:
    """The type of device (``cpu``, ``gpu``) that a run was trained on; None for other nodes."""
    device = record.execution.get("device")
    return device.get("platform") if isinstance(device, dict) else None


def _pairs(before: Record, after: Record) -> Iterator[tuple[str, Any, Any]]:
    old, new = before.environment, after.environment
    for name in sorted({*old["versions"], *new["versions"]}):
        yield name, old["versions"].get(name), new["versions"].get(name)
    for field, name in (("python", "Python"), ("platform", "platform"), ("cpu", "processor")):
        yield name, old.get(field), new.get(field)
    yield "device type", device_type(before), device_type(after)
    if device_type(before) not in (None, "cpu"):
        yield "device", before.execution["device"].get("kind"), _device_kind(after)
    yield "devices", before.execution.get("sharded_over", 1), after.execution.get("sharded_over", 1)
    yield "threads", before.execution.get("threads"), after.execution.get("threads")
    yield "numerics", *(record.spec.get("numerics", "exact") for record in (before, after))


def _device_kind(record: Record) -> Any:
    device = record.execution.get("device")
    return device.get("kind") if isinstance(device, dict) else None


def _text(value: Any) -> str:
    return "none" if value is None else str(value)


def _verdicts(data: bytes | None) -> dict[tuple[str, str], dict[str, str]]:
    if data is None:
        return {}
    try:
        rows = list(csv.DictReader(io.StringIO(data.decode(), newline="")))
        return {(row["paper"], row["claim"]): {**row, "verdict": row["verdict"]} for row in rows}
    except (UnicodeDecodeError, csv.Error, KeyError) as error:
        raise ValueError(f"not a table of verdicts: {error}") from None


def _pair(old: dict[str, str], new: dict[str, str]) -> VerdictPair:
    either = new or old
    return VerdictPair(
        paper=either["paper"],
        claim=either["claim"],
        statement=either.get("statement") or "",
        before=old.get("verdict"),
        after=new.get("verdict"),
        statistic_before=old.get("statistic"),
        statistic_after=new.get("statistic"),
        threshold_before=old.get("threshold"),
        threshold_after=new.get("threshold"),
    )
