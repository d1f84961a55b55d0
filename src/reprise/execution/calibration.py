"""What the device here does at best: operations per second of one large matrix product.

Measured once per device, dtype, numerics profile and number of threads (below a second), and kept
in ``.reprise/calibration.json``; deleting the file measures again.
"""

import json
import time
from pathlib import Path
from typing import Any

from reprise.records.environment import processor
from reprise.records.locks import locked
from reprise.storage.atomic import write_json

SCHEMA = 1
SIZES = {"cpu": 1024}
"""Rows of the square matrices, by type of device."""
_LARGE = 8192
_TIMES = 3


def key(device: dict[str, Any], dtype: str, profile: str, threads: int) -> str:
    """What a measurement is of, e.g. ``cpu Intel(R) Xeon(R), float32, exact, threads 1``."""
    kind = processor() if device["platform"] == "cpu" else device["kind"]
    return f"{device['platform']} {kind}, {dtype}, {profile}, threads {threads}"


def read(cache: Path) -> dict[str, float]:
    """Every measurement in the cache folder of a project: key -> operations per second."""
    try:
        content = json.loads((cache / "calibration.json").read_text(encoding="utf-8"))
        if content["schema"] != SCHEMA:
            return {}
        return {str(name): float(value) for name, value in content["flops_per_s"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def peak(
    cache: Path,
    device: dict[str, Any],
    dtype: str,
    profile: str,
    threads: int,
    at_least: float = 0.0,
) -> float:
    """The best of ``device`` as this process is set up to compute; measured where it is not known.

    It is measured again where a real program reached ``at_least``, more than what is known: a busy
    machine measures too little, and of two measurements the larger is kept.
    """
    name = key(device, dtype, profile, threads)
    known = read(cache).get(name, 0.0)
    if known and known >= at_least:
        return known
    found = max(measure(device["platform"], dtype), known)
    with locked(cache / "locks" / "calibration.lock"):
        everything = {**read(cache), name: found}
        write_json(cache / "calibration.json", {"schema": SCHEMA, "flops_per_s": everything})
    return found


def measure(platform: str, dtype: str) -> float:
    """Operations per second of the fastest of a few products, as this process computes them."""
    import jax
    import jax.numpy as jnp

    size = SIZES.get(platform, _LARGE)
    product = jax.jit(jnp.matmul)
    factor = jnp.ones((size, size), dtype)
    product(factor, factor).block_until_ready()
    seconds = []
    for _ in range(_TIMES):
        began = time.perf_counter()
        product(factor, factor).block_until_ready()
        seconds.append(time.perf_counter() - began)
    return 2.0 * size**3 / min(seconds)
