"""The date of a crate: that of the newest commit its records name, so that it has no clock."""

import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from reprise.records.record import Record


def newest_commit(root: Path, records: Iterable[Record]) -> str | None:
    """The UTC day (ISO 8601) of the newest recorded commit; None where git knows none of them."""
    names = sorted({record.commit["sha"] for record in records if record.commit["sha"]})
    times = [time for name in names if (time := _seconds(root, name)) is not None]
    return datetime.fromtimestamp(max(times), UTC).date().isoformat() if times else None


def _seconds(root: Path, commit: str) -> int | None:
    command = ["git", "-C", str(root), "show", "--no-patch", "--format=%ct", f"{commit}^{{commit}}"]
    try:
        return int(subprocess.run(command, check=True, capture_output=True, text=True).stdout)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return None
