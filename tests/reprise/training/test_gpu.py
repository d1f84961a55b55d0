"""Trainings on an NVIDIA device, through the whole pipeline; ``-m gpu`` asks for them."""

import json
import signal
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from workspace import KEY, Workspace, copy_workspace

from reprise.storage.atomic import write_json
from reprise.training.devices import visible_devices

pytestmark = pytest.mark.gpu


def project(
    unstarted: Workspace, root: Path, steps: int, numerics: str = "exact", **variables: str
) -> Workspace:
    """A project of its own, with a training of ``steps`` updates and the usual compiler."""
    if not visible_devices():
        pytest.skip("needs an NVIDIA device")
    run = f"{KEY}.runs.parity"
    overrides = {f"{run}.steps": steps, f"{run}.log_every": steps // 100}
    made = replace(
        copy_workspace(unstarted, root), variables={"REPRISE_XLA_FLAGS": "", **variables}
    )
    write_json(
        root / "config.yaml", {"scale": "smoke", "numerics": numerics, "overrides": overrides}
    )
    return made


def train(made: Workspace) -> tuple[dict[str, str], dict[str, Any]]:
    """Digests of what its training made, and what the record says of the making."""
    made.run()
    (record,) = made.results.glob("*/runs/*/*/record.json")
    digests = {path: digest for path, digest in made.digests().items() if "/runs/" in path}
    return digests, json.loads(record.read_text())["predicate"]["execution"]


def test_stopped_and_resumed_it_ends_in_the_same_bits(unstarted: Workspace, tmp_path: Path) -> None:
    expected, told = train(project(unstarted, tmp_path / "whole", 20_000))
    assert told["device"]["platform"] == "gpu"
    assert told["leased"]
    assert told["numerics"]["deterministic"] and told["numerics"]["matmul_precision"] == "highest"
    made = project(unstarted, tmp_path / "stopped", 20_000, REPRISE_SAVE_EVERY_S="0.02")
    process = made.start("reprise", "run")
    while not list(made.root.glob(".reprise/resume/*/*.safetensors")):
        assert process.poll() is None, "it ended before it was stopped"
        time.sleep(0.02)
    process.send_signal(signal.SIGTERM)
    assert process.wait() == 128 + signal.SIGTERM
    found, told = train(made)
    assert told["resumed_from_step"] > 0
    assert found == expected


def test_in_double_precision_it_learns_what_a_cpu_learns(
    unstarted: Workspace, tmp_path: Path
) -> None:
    weights = []
    for place, variables in {"gpu": {}, "cpu": {"JAX_PLATFORMS": "cpu"}}.items():
        made = project(unstarted, tmp_path / place, 100, "f64", **variables)
        _, told = train(made)
        assert told["device"]["platform"] == place
        (file,) = made.results.glob("*/runs/*/*/params.safetensors")
        weights.append(load_file(file))
    on_gpu, on_cpu = weights
    for name, values in on_cpu.items():
        assert values.dtype == np.float64
        np.testing.assert_allclose(on_gpu[name], values, rtol=0, atol=1e-9 * np.abs(values).max())
