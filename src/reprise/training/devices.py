"""The devices of this process: which it may use, and how they are set up before their first use.

Nothing here imports JAX before it has to: what the first half says is asked before JAX starts.
Devices are NVIDIA's, named as ``CUDA_VISIBLE_DEVICES`` names them: numbers, or UUIDs.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from reprise.specs.errors import ConfigError, suggest
from reprise.surroundings import of_jobs

PER_JOB = "REPRISE_DEVICES_PER_JOB"
"""Environment variable: how many devices one training uses, or ``all``."""
CUDA = "CUDA_VISIBLE_DEVICES"
ACCELERATED = ("gpu", "paper")
"""Scales whose trainings would take days to months on a CPU."""

_CPU_CODE = "--xla_backend_optimization_level=1 --xla_cpu_prefer_vector_width=512"
"""A program compiles a quarter sooner and is as fast; vectors are as wide as the processor has."""
_PROBE = f"import json; from {__name__} import describe; print(json.dumps(describe()))"


def devices_per_job(environ: Mapping[str, str] = os.environ) -> int | None:
    """How many devices one training may use, None for all that it sees.

    One, unless ``REPRISE_DEVICES_PER_JOB`` says otherwise. A job of Slurm has been given its
    devices already, and uses them all.

    Raises:
        ConfigError: the variable is neither a number above zero nor ``all``.
    """
    value = environ.get(PER_JOB, "").strip()
    if not value:
        return None if "SLURM_JOB_ID" in environ else 1
    if value == "all":
        return None
    if value.isascii() and value.isdigit() and int(value) > 0:
        return int(value)
    raise ConfigError(
        f"{PER_JOB}={value!r}: a number above zero, or 'all'{suggest(value, ['all'])}"
    )


def visible_devices(
    environ: Mapping[str, str] = os.environ, root: Path = Path("/")
) -> tuple[str, ...]:
    """The NVIDIA devices that this process may use; none where ``JAX_PLATFORMS`` asks for others.

    ``CUDA_VISIBLE_DEVICES`` decides, else what the driver shows below ``root``.
    """
    platforms = environ.get("JAX_PLATFORMS", "")
    if platforms and not {"cuda", "gpu"} & set(platforms.split(",")):
        return ()
    if CUDA in environ:
        return _listed(environ[CUDA])
    cards = root / "proc" / "driver" / "nvidia" / "gpus"
    count = len(list(cards.iterdir())) if cards.is_dir() else 0
    if not count and (root / "dev").is_dir():
        count = sum(
            re.fullmatch(r"nvidia\d+", path.name) is not None for path in (root / "dev").iterdir()
        )
    return tuple(map(str, range(count)))


def _listed(value: str) -> tuple[str, ...]:
    """As CUDA reads it: up to the first entry that names no device."""
    names: list[str] = []
    for name in map(str.strip, value.split(",")):
        if not name or name.startswith("-") or name in names:
            break
        names.append(name)
    return tuple(names)


def configure(cache: Path, dtype: str, threads: int) -> None:
    """Choose precision, CPU threads and compile cache, before this process computes anything.

    One thread per job (unless the spec says more) keeps sums in one order on any number of cores.
    """
    _prepare(cache, threads)
    import jax

    jax.config.update("jax_enable_x64", dtype == "float64")


def prepare(cache: Path) -> None:
    """The same for a table, which evaluates networks only where it reads runs: imports nothing."""
    _prepare(cache, 1)
    if visible_devices():  # whose memory a training, which has the lease, reserves for itself
        os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")


def _prepare(cache: Path, threads: int) -> None:
    os.environ["NPROC"] = os.environ["PJRT_NPROC"] = str(threads)
    if threads == 1:
        tell_xla("--xla_cpu_multi_thread_eigen=false")
    if not visible_devices():
        # What is chosen comes later, and prevails.
        os.environ["XLA_FLAGS"] = f"{_CPU_CODE} {os.environ.get('XLA_FLAGS', '')}".strip()
    # Every compiled program is kept, small ones too: the next job of that shape only reads it.
    settings = {
        "jax_compilation_cache_dir": str(cache / "compiled"),
        "jax_persistent_cache_min_compile_time_secs": 0.0,
    }
    for name, value in settings.items():
        os.environ[name.upper()] = str(value)
        if "jax" in sys.modules:
            sys.modules["jax"].config.update(name, value)


def tell_xla(flag: str) -> None:
    """Add a flag of XLA; only before JAX asks for devices."""
    os.environ["XLA_FLAGS"] = f"{os.environ.get('XLA_FLAGS', '')} {flag}".strip()


def describe() -> dict[str, Any]:
    """The device that JAX uses in this process."""
    import jax

    device = jax.devices()[0]
    return {"platform": device.platform, "kind": device.device_kind, "count": jax.device_count()}


def device_here(folder: Path) -> str | None:
    """The type of device that a training would use; found out by another process, which frees it.

    The process runs in ``folder``. None where it cannot be found out.
    """
    command = [sys.executable, "-c", _PROBE]
    try:
        result = subprocess.run(
            command, cwd=folder, env=of_jobs(), check=True, capture_output=True, text=True
        )
        described: dict[str, Any] = json.loads(result.stdout.splitlines()[-1])
    except (OSError, subprocess.CalledProcessError, ValueError, IndexError):
        return None
    return str(described.get("platform"))


def require() -> dict[str, Any]:
    """The device, once it answers.

    Raises:
        ConfigError: there is none of the type that ``JAX_PLATFORMS`` asks for.
    """
    try:
        return describe()
    except (RuntimeError, AssertionError) as error:  # the latter where it knows no such type
        asked = os.environ.get("JAX_PLATFORMS", "")
        reason = f" ({error})" if str(error) else ""
        raise ConfigError(
            f"JAX_PLATFORMS={asked} asks for a device that is not here{reason}. Unset it, and "
            "choose a scale for the device that is here (config.yaml, scale: cpu)"
        ) from None


def refuse_cpu(scale: str, platform: str, duration: str = "") -> None:
    """Nothing, unless a scale for accelerators would be trained on a CPU that nobody chose.

    ``duration`` says how long that would take. ``JAX_PLATFORMS=cpu`` is a choice.

    Raises:
        ConfigError: it would.
    """
    if scale not in ACCELERATED or platform != "cpu" or chosen_cpu():
        return
    raise ConfigError(
        f"scale: {scale!r} is made for a GPU, and JAX finds only a CPU here{duration}. Choose "
        "scale 'cpu' (--scale cpu, or scale: cpu in config.yaml), install JAX for the GPU "
        "(docs/devices.md), or set JAX_PLATFORMS=cpu to train on the CPU all the same"
    )


def chosen_cpu() -> bool:
    """Whether the user said that the CPU is to be used."""
    return os.environ.get("JAX_PLATFORMS", "").partition(",")[0].strip() == "cpu"
