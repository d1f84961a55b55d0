"""The fingerprint of a node: a hash of everything that determines its content, nothing else."""

import hashlib
import json
from typing import Any

SHORT = 12
"""Characters of a fingerprint that appear in the names of folders."""


def fingerprint(value: Any) -> str:
    """sha256 of ``value`` as canonical JSON (sorted keys, names and values together)."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(text.encode()).hexdigest()
