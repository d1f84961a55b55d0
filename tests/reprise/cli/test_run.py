"""Scales for accelerators on a machine without one, and how devices are shared out."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jax
import pytest

from reprise.cli import run as subject
from reprise.cli.run import check_device
from reprise.plan.cost import Cost
from reprise.plan.planning import Plan
from reprise.specs.errors import ConfigError
from reprise.training import devices
from reprise.training.devices import device_here


@pytest.fixture(autouse=True)
def nothing_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    """No variable of this machine decides."""
    for name in (
        "JAX_PLATFORMS",
        "CUDA_VISIBLE_DEVICES",
        "REPRISE_DEVICES_PER_JOB",
        "SLURM_JOB_ID",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")


@pytest.fixture
def at(world: Any, plan_of: Any, console: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Check a machine with this platform at a scale; what is said."""

    def check(scale: str, platform: str | None, kinds: tuple[str, ...] = ("run", "table")) -> str:
        monkeypatch.setattr(subject, "device_here", lambda project: platform)
        plan = plan_of(world)
        plan.graph.config = plan.graph.config.model_copy(update={"scale": scale})
        todo = [replace(world.node(kind), scale=scale) for kind in kinds]
        check_device(plan, todo, console)
        return str(console.file.getvalue())

    return check


@pytest.mark.parametrize("scale", ["gpu", "paper"])
def test_without_an_accelerator_it_is_refused_naming_the_nearest_scale(
    at: Any, scale: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Plan, "cost", lambda plan, node: Cost(2.0, 0, 0))
    with pytest.raises(ConfigError) as caught:
        at(scale, "cpu")
    said = str(caught.value)
    assert f"scale: '{scale}'" in said
    assert "--scale cpu" in said
    assert "JAX_PLATFORMS=cpu" in said
    assert "1 training, 2.0 s by earlier records" in said


def test_a_profile_that_the_device_cannot_do_is_refused_before_anything_starts(
    at: Any, world: Any
) -> None:
    world.graph.config = world.graph.config.model_copy(update={"numerics": "fast"})
    with pytest.raises(ConfigError, match=r"numerics: 'fast'.*Choose 'exact'"):
        at("cpu", "cpu")
    assert "Warning" not in at("cpu", "gpu")
    assert "Warning" not in at("cpu", None)


def test_how_long_is_said_to_be_unknown_where_it_is(
    at: Any, world: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.record("run").unlink()
    with pytest.raises(ConfigError, match="how long is not known: none was ever timed"):
        at("gpu", "cpu")


def test_a_chosen_cpu_is_warned_of_and_taken(at: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    assert "Warning: scale gpu on the CPU" in at("gpu", None)


@pytest.mark.parametrize(
    ("scale", "platform", "kinds"),
    [
        ("gpu", "gpu", ("run",)),
        ("paper", "tpu", ("run",)),
        ("gpu", None, ("run",)),
        ("cpu", "cpu", ("run",)),
        ("smoke", "cpu", ("run",)),
        ("gpu", "cpu", ("table", "figure")),
    ],
)
def test_nothing_is_said_where_nothing_is_wrong(
    at: Any, scale: str, platform: str | None, kinds: tuple[str, ...]
) -> None:
    assert at(scale, platform, kinds) == ""


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("1", "4 devices, one per training; REPRISE_DEVICES_PER_JOB=all spreads it over all"),
        ("2", "4 devices, 2 per training"),
        ("all", "4 devices, all of them per training"),
    ],
)
def test_how_devices_are_shared_out_is_said(
    at: Any, monkeypatch: pytest.MonkeyPatch, value: str, expected: str
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1,2,3")
    monkeypatch.setenv("REPRISE_DEVICES_PER_JOB", value)
    assert at("gpu", "gpu").strip() == expected


def test_a_wrong_number_of_devices_is_refused_before_the_start(
    at: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    monkeypatch.setenv("REPRISE_DEVICES_PER_JOB", "al")
    with pytest.raises(ConfigError, match="did you mean 'all'"):
        at("cpu", "gpu")


def test_the_device_is_not_asked_for_where_it_does_not_matter(
    world: Any, plan_of: Any, console: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes another process some seconds."""
    monkeypatch.setattr(subject, "device_here", SimpleNamespace())
    check_device(plan_of(world), [world.node("run")], console)


def test_the_device_is_found_out_by_another_process(tmp_path: Path) -> None:
    assert device_here(tmp_path) == jax.default_backend()


def test_a_device_that_cannot_be_found_out_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(devices, "_PROBE", "raise SystemExit(1)")
    assert device_here(tmp_path) is None
