"""Numerics profiles: what is in force, on every device as far as its lowered program tells."""

import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jaxtyping import Float
from small_world import small_graph
from training_jobs import MODULAR, job

from reprise.jobs import train
from reprise.project import Project
from reprise.results import parse_csv
from reprise.specs.errors import ConfigError
from reprise.training import numerics as subject

CPU = {"platform": "cpu", "kind": "cpu", "count": 1}
GPU = {"platform": "gpu", "kind": "NVIDIA H100", "count": 1}
SHAPES = [(64, 96, 32), (1, 64, 1), (1, 64, 8), (3, 1, 5)]


@pytest.fixture(autouse=True)
def restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing of a profile outlives its test; what ``define_bf16`` adds acts on its preset only."""
    monkeypatch.setenv("XLA_FLAGS", "")
    monkeypatch.delenv("JAX_PLATFORMS", raising=False)
    monkeypatch.delenv("JAX_DEFAULT_MATMUL_PRECISION", raising=False)
    before = jax.config.jax_default_matmul_precision
    yield
    jax.config.update("jax_default_matmul_precision", before)


def factors(shape: tuple[int, int, int]) -> tuple[np.ndarray, np.ndarray]:
    """Two random matrices that can be multiplied, float32."""
    rows, inner, columns = shape
    rng = np.random.default_rng(0)
    draw = [rng.normal(size=size).astype(np.float32) for size in ((rows, inner), (inner, columns))]
    return draw[0], draw[1]


def rounded(x: Any) -> Float[np.ndarray, "..."]:
    """The nearest numbers of 8 bits (ties to even bits), by integer arithmetic; float64."""
    bits = np.ascontiguousarray(x, np.float32).view(np.uint32)
    nearest = bits + np.uint32(0x7FFF) + ((bits >> np.uint32(16)) & np.uint32(1))
    return (nearest & np.uint32(0xFFFF0000)).view(np.float32).astype(np.float64)


@pytest.mark.parametrize("shape", SHAPES)
def test_bf16_products_are_those_of_rounded_factors_summed_in_float32(
    shape: tuple[int, int, int],
) -> None:
    a, b = factors(shape)
    subject.apply("bf16", CPU)
    found = np.asarray(jax.jit(jnp.matmul)(a, b), np.float64)
    size = np.abs(a).astype(float) @ np.abs(b)
    assert np.all(np.abs(found - rounded(a) @ rounded(b)) <= shape[1] * 2.0**-24 * size)
    off = np.abs(found - a.astype(float) @ b).max() / size.max()
    assert 2.0**-16 < off < 2.0**-7


def test_bf16_gradients_are_products_of_rounded_factors_too() -> None:
    a, b = factors((16, 24, 8))
    subject.apply("bf16", CPU)
    cotangent = factors((16, 8, 1))[0]
    found = jax.jit(jax.grad(lambda x: jnp.vdot(x @ b, cotangent, precision="highest")))(a)
    expected = rounded(cotangent) @ rounded(b).T
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)


def test_bf16_leaves_products_alone_that_ask_for_full_precision() -> None:
    a, b = factors((8, 8, 8))
    exact = np.asarray(jax.jit(jnp.matmul)(a, b))
    subject.apply("bf16", CPU)
    asked = jax.jit(lambda a, b: jnp.einsum("ij,jk->ik", a, b, precision="highest"))(a, b)
    whole = jax.jit(jnp.matmul)(np.arange(6).reshape(2, 3), np.arange(6).reshape(3, 2))
    assert (np.asarray(asked) == exact).all()
    assert (np.asarray(whole) == [[10, 13], [28, 40]]).all()


def test_defining_bf16_twice_rounds_once() -> None:
    a, b = factors((4, 4, 4))
    subject.apply("bf16", CPU)
    subject.define_bf16()
    text = jax.jit(jnp.matmul).lower(a, b).as_text()
    assert text.count("reduce_precision") == 2


@pytest.mark.parametrize(
    ("profile", "expected"),
    [("exact", "precision = [HIGHEST, HIGHEST]"), ("fast", "dot_general %arg0, %arg1")],
)
def test_on_a_gpu_exact_asks_for_full_float32_and_fast_for_nothing(
    profile: str, expected: str
) -> None:
    subject.apply(profile, GPU)
    text = lowered_for_gpu()
    assert expected in text
    assert ("HIGHEST" in text) == (profile == "exact")
    assert "bf16" not in text


def test_on_a_gpu_bf16_multiplies_bfloat16_and_sums_in_float32() -> None:
    in_force = subject.apply("bf16", GPU)
    text = lowered_for_gpu()
    assert "(tensor<4x8xbf16>, tensor<8x2xbf16>) -> tensor<4x2xf32>" in text
    assert (in_force["emulated"], in_force["deterministic"]) == (False, True)


def lowered_for_gpu() -> str:
    """A product, as the GPU's compiler gets it."""
    traced = jax.jit(jnp.matmul).trace(*factors((4, 8, 2)))
    return traced.lower(lowering_platforms=("cuda",)).as_text()


@pytest.mark.faults
def test_fast_is_refused_on_a_cpu_with_the_choices_that_are_left() -> None:
    with pytest.raises(ConfigError, match=r"numerics: 'fast'.*CPU.*'exact'.*'bf16'"):
        subject.apply("fast", CPU)


@pytest.mark.parametrize(
    ("profile", "accelerator", "flags"),
    [
        ("exact", True, [subject.DETERMINISTIC]),
        ("bf16", True, [subject.DETERMINISTIC]),
        ("fast", True, []),
        ("exact", False, []),
    ],
)
def test_kernels_are_deterministic_except_under_fast(
    monkeypatch: pytest.MonkeyPatch, profile: str, accelerator: bool, flags: list[str]
) -> None:
    monkeypatch.setattr(subject, "accelerated", lambda: accelerator)
    subject.before_start(profile)
    assert os.environ["XLA_FLAGS"].split() == flags
    in_force = subject.apply(profile, GPU if accelerator else CPU)
    assert in_force["xla_flags"] == flags
    assert in_force["deterministic"] == (profile != "fast")


def test_measuring_is_in_full_precision_and_changes_nothing_on_a_cpu(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(subject, "accelerated", lambda: False)
    subject.measure_exactly()
    assert "JAX_DEFAULT_MATMUL_PRECISION" not in os.environ
    assert jax.config.jax_default_matmul_precision is None
    monkeypatch.setattr(subject, "accelerated", lambda: True)
    subject.measure_exactly()
    assert os.environ["JAX_DEFAULT_MATMUL_PRECISION"] == "highest"
    assert jax.config.jax_default_matmul_precision == "highest"
    assert "HIGHEST" in lowered_for_gpu()


def test_an_accelerator_needs_support_and_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subject.importlib.util, "find_spec", lambda name: object())
    assert subject.accelerated()
    monkeypatch.setenv("JAX_PLATFORMS", "cpu")
    assert not subject.accelerated()
    monkeypatch.delenv("JAX_PLATFORMS")
    monkeypatch.setattr(subject.importlib.util, "find_spec", lambda name: None)
    assert not subject.accelerated()


def trained(
    folder: Path, monkeypatch: pytest.MonkeyPatch, profile: str | None
) -> tuple[np.ndarray, dict[str, Any]]:
    """Losses of a small network whose run is made in ``profile``, and what its record says."""
    monkeypatch.setattr(train, "configure", lambda *chosen: None)
    monkeypatch.setattr(train, "_listen", list)
    spec = job(MODULAR, steps=12, log_every=1, dtype="float32")
    spec = spec.model_copy(update={"numerics": profile})
    node = replace(
        next(iter(small_graph().nodes.values())),
        spec=spec.model_dump(mode="json", exclude_none=True),
        job=spec,
    )
    content, execution = train.run(node, Project(folder), lambda line: None)
    (folder / "metrics.csv").write_bytes(content["metrics.csv"])
    return parse_csv(folder / "metrics.csv")["train_loss"].to_numpy(), execution


def test_a_run_differs_by_what_its_profile_rounds(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same draws, so that the first losses differ by the rounding of factors (2**-9) alone."""
    exact, of_exact = trained(tmp_path, monkeypatch, None)
    half, of_half = trained(tmp_path, monkeypatch, "bf16")
    off = np.abs(half / exact - 1)
    assert 2.0**-18 < off[0] < 2.0**-7
    assert 2.0**-14 < off.max() < 2.0**-3
    assert of_exact["numerics"] == {
        "profile": "exact",
        "matmul_precision": "default",
        "emulated": False,
        "deterministic": True,
        "xla_flags": [],
    }
    assert of_half["numerics"] == {
        **of_exact["numerics"],
        "profile": "bf16",
        "matmul_precision": "BF16_BF16_F32",
        "emulated": True,
    }
