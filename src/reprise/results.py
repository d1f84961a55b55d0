"""What a table function receives: finished runs, datasets, tables and reference data, as plain arrays."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from reprise.specs.runs import RunSpec


@dataclass(frozen=True)
class RunResult:
    """One finished run, its jobs joined; members are numbered 0..n-1 in the order of the grid.

    ``members`` has one row per member (index ``member``), one column per axis (``seed``,
    ``optimizer.weight_decay``, ...) and ``failed_at_step`` (NaN where the member stayed finite).
    ``metrics`` has the columns ``member``, ``step`` and one per metric; ``train_loss`` at step s is
    the loss that the update of step s saw, every other metric is taken after that update.
    """

    spec: RunSpec
    members: pd.DataFrame
    metrics: pd.DataFrame
    params: tuple[Mapping[str, np.ndarray], ...]
    """Final parameters, one mapping per member."""
    views: tuple[Mapping[str, np.ndarray], ...] = ()
    """Per member, view name -> array (snapshot, ...)."""
    snapshot_steps: np.ndarray = field(default_factory=lambda: np.zeros(0, int))
    """Step of each snapshot, taken after the update of that step (as the metrics are)."""


@dataclass(frozen=True)
class Inputs:
    """Everything that a table may read, by the names of ``paper.yaml``."""

    runs: Mapping[str, RunResult] = field(default_factory=dict)
    datasets: Mapping[str, Mapping[str, np.ndarray]] = field(default_factory=dict)
    tables: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    reference: Mapping[str, pd.DataFrame] = field(default_factory=dict)
    params: Mapping[str, Any] = field(default_factory=dict)
