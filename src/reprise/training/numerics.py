"""The arithmetic of this process: what ``numerics`` in ``config.yaml`` means on the device at hand.

Every profile but ``fast`` asks for deterministic kernels. ``exact`` and ``f64`` ask for products in
the full precision of their operands, which is what a CPU does anyway; a GPU would use TF32.
``bf16`` rounds both factors of every matrix product to bfloat16 and sums in float32: natively on a
GPU, on a CPU by rounding first (the same arithmetic at the speed of float32).
"""

import importlib.util
import os
import sys
from functools import partial
from typing import Any

from reprise.specs.errors import ConfigError
from reprise.training.devices import chosen_cpu, require, tell_xla

DETERMINISTIC = "--xla_gpu_deterministic_ops=true"
"""XLA: only kernels that give the same bits every time."""
PRESET = "BF16_BF16_F32"
"""JAX's name of a product of two bfloat16 factors, summed in float32."""
_PRECISION = "JAX_DEFAULT_MATMUL_PRECISION"


def accelerated() -> bool:
    """Whether JAX may find an accelerator: one is supported, and it is not told to use CPUs."""
    return not chosen_cpu() and importlib.util.find_spec("jax_plugins") is not None


def start(profile: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """Let JAX start, computing in ``profile`` (None: exact): its device, and what is in force.

    Raises:
        ConfigError: the device that is asked for is not there, or cannot compute so.
    """
    before_start(profile or "exact")
    device = require()
    return device, apply(profile or "exact", device)


def before_start(profile: str) -> None:
    """Choose kernels; only before JAX asks for devices."""
    if profile != "fast" and accelerated():
        tell_xla(DETERMINISTIC)


def measure_exactly() -> None:
    """What tables, and datasets without a profile, compute in: full precision. Imports nothing."""
    before_start("exact")
    if accelerated():
        os.environ[_PRECISION] = "highest"
        if "jax" in sys.modules:
            sys.modules["jax"].config.update("jax_default_matmul_precision", "highest")


def refuse(profile: str, platform: str) -> None:
    """Raises ConfigError where this type of device cannot compute in ``profile``."""
    if profile == "fast" and platform == "cpu":
        raise ConfigError(
            "config.yaml: numerics: 'fast' asks for an accelerator's products of lower precision; "
            "the device here is a CPU, which has none. Choose 'exact', or 'bf16' to see what "
            "bfloat16 products do (emulated here, no faster)"
        )


def apply(profile: str, device: dict[str, Any]) -> dict[str, Any]:
    """Compute in ``profile`` from now on; what is in force, for the record.

    Raises:
        ConfigError: the device cannot.
    """
    import jax

    on_cpu = device["platform"] == "cpu"
    refuse(profile, device["platform"])
    if profile == "bf16":
        define_bf16()
    precision = {"bf16": PRESET, "fast": None}.get(profile, None if on_cpu else "highest")
    jax.config.update("jax_default_matmul_precision", precision)
    return {
        "profile": profile,
        "matmul_precision": precision or "default",
        "emulated": profile == "bf16" and on_cpu,
        "deterministic": profile != "fast",
        "xla_flags": os.environ.get("XLA_FLAGS", "").split(),
    }


def define_bf16() -> None:
    """Let this process's compiler do what ``PRESET`` says, for float32 operands.

    XLA ignores the preset on a CPU (measured: the bits are those of float32), and refuses it where
    a product is fused with its surroundings.
    """
    from jax.extend.core.primitives import dot_general_p
    from jax.interpreters import mlir

    general, cpu = mlir._lowerings, mlir._platform_specific_lowerings["cpu"]
    for rules, platform, rounded in ((general, None, _native), (cpu, "cpu", _emulated)):
        rule = rules[dot_general_p].rule
        if not isinstance(rule, partial) or rule.func is not _lower:
            mlir.register_lowering(dot_general_p, partial(_lower, rule, rounded), platform)


def _lower(rule: Any, rounded: Any, ctx: Any, a: Any, b: Any, *, precision: Any, **how: Any) -> Any:
    """Lower a product of ``PRESET`` as the product of ``rounded`` factors, others by ``rule``."""
    from jax.interpreters import mlir
    from jax.lax import DotAlgorithmPreset

    if precision is not DotAlgorithmPreset[PRESET]:
        return rule(ctx, a, b, precision=precision, **how)
    if any(operand.dtype != "float32" for operand in ctx.avals_in):
        return rule(ctx, a, b, precision=None, **how)
    product = partial(_product, rounded, **how)
    return mlir.lower_fun(product, multiple_results=False)(ctx, a, b)


def _product(rounded: Any, a: Any, b: Any, **how: Any) -> Any:
    from jax import lax

    how["preferred_element_type"] = "float32"
    return lax.dot_general(rounded(a), rounded(b), precision=lax.Precision.DEFAULT, **how)


def _native(x: Any) -> Any:
    return x.astype("bfloat16")


def _emulated(x: Any) -> Any:
    """``x`` in bits that bfloat16 has; the compiler would undo a conversion there and back."""
    from jax import lax

    return lax.reduce_precision(x, exponent_bits=8, mantissa_bits=7)
