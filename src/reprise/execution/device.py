"""Set the device up before JAX is imported: threads, precision, compile cache."""

import os
from pathlib import Path
from typing import Any


def configure(cache: Path, dtype: str, threads: int) -> None:
    """Choose precision, CPU threads and compile cache for this process.

    One thread per job (unless the spec says more) keeps sums in one order, whatever the machine's cores.
    """
    os.environ.setdefault("JAX_ENABLE_X64", "1" if dtype == "float64" else "0")
    os.environ.setdefault("JAX_COMPILATION_CACHE_DIR", str(cache / "compiled"))
    os.environ.setdefault("JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS", "0.3")
    os.environ["NPROC"] = os.environ["PJRT_NPROC"] = str(threads)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    if threads == 1:
        flags = os.environ.get("XLA_FLAGS", "")
        os.environ["XLA_FLAGS"] = f"{flags} --xla_cpu_multi_thread_eigen=false".strip()


def describe() -> dict[str, Any]:
    """The device that JAX uses in this process."""
    import jax

    device = jax.devices()[0]
    return {"platform": device.platform, "kind": device.device_kind, "count": jax.device_count()}
