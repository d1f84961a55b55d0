"""Processors, threads, clocks, languages and odd paths change neither bytes nor states."""

import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from forked_jobs import Fault
from workspace import UNOPTIMISED, copy_workspace

from reprise.records.record import read_record
from reprise.surroundings import XLA_FLAGS

pytestmark = pytest.mark.faults

ODD = "ein Ördner ✓ 'q'; touch pwned; $(touch pwned) & <b>"
MISLEADING = {
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_ENABLE_X64": "1",
    "JAX_RANDOM_SEED_OFFSET": "7",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4",
    "OPENBLAS_CORETYPE": "Nehalem",
    "PYTHONWARNINGS": "error",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true --xla_cpu_max_isa=SSE4_2",
}
"""Settings of a shell that would change networks or stop jobs."""
THREADS = dict.fromkeys(("NPROC", "PJRT_NPROC", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "2")
FAULTS = {
    "two threads asked for": Fault(
        variables={**THREADS, XLA_FLAGS: f"{UNOPTIMISED} --xla_cpu_multi_thread_eigen=true"}
    ),
    "two devices": Fault(
        variables={XLA_FLAGS: f"{UNOPTIMISED} --xla_force_host_platform_device_count=2"}
    ),
    "a clock that goes backwards": Fault(clock_backwards=True, variables={"TZ": "Asia/Kathmandu"}),
}
if hasattr(os, "sched_getaffinity"):  # not on macOS
    FAULTS["one processor"] = Fault(cpus=(min(os.sched_getaffinity(0)),))


@pytest.mark.parametrize("name", FAULTS)
def test_a_training_gives_the_same_bits_with(
    training: Any, expected: dict[str, str], name: str
) -> None:
    training.make(fault=FAULTS[name])
    assert training.workspace.digests() == expected
    device = read_record(training.workspace.root / training.node("run").record).execution["device"]
    assert device["count"] == (2 if name == "two devices" else 1)


def test_a_figure_gives_the_same_bytes_while_the_clock_goes_backwards(
    made: Any, undisturbed: dict[str, str]
) -> None:
    made.make("figure", fault=FAULTS["a clock that goes backwards"])
    assert made.workspace.digests() == undisturbed
    assert made.state("figure").name == "current"


@pytest.mark.slow
def test_elsewhere_in_another_language_and_with_a_misleading_shell_it_is_the_same(
    made: Any, undisturbed: dict[str, str], tmp_path: Path
) -> None:
    """The whole graph, by the one command, in a folder whose name a shell would obey."""
    moved = copy_workspace(made.workspace, tmp_path / ODD)
    variables = {
        "LC_ALL": "C",
        "LANG": "tr_TR.UTF-8",
        "TZ": "Pacific/Kiritimati",
        "PYTHONHASHSEED": "4242",
        **MISLEADING,
    }
    moved = replace(moved, variables={**moved.variables, **variables}).alone()
    assert {state.name for state in moved.status().values()} == {"current"}
    (figure,) = moved.results.glob("*/figures/*.svg")
    figure.unlink()
    (node,) = (moved.root / ".reprise" / "nodes").rglob("*.figure.*")
    said = moved.call("reprise", "make", str(node), code=0)
    assert "ignored: JAX_DEFAULT_PRNG_IMPL, JAX_ENABLE_X64, JAX_RANDOM_SEED_OFFSET" in said.stderr
    for path in moved.results.rglob("*.*"):
        path.unlink()
    assert "ignored: JAX_DEFAULT_PRNG_IMPL" in moved.run().stderr
    assert moved.digests() == undisturbed
    assert not list(tmp_path.rglob("pwned"))
    assert not list(Path.cwd().glob("pwned"))
