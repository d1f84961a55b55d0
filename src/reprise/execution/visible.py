"""Which devices a process may use, as far as that can be told before JAX starts.

Devices here are NVIDIA's, named as ``CUDA_VISIBLE_DEVICES`` names them: numbers, or UUIDs. Imports
nothing but the standard library.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path

from reprise.specs.errors import ConfigError, suggest

PER_JOB = "REPRISE_DEVICES_PER_JOB"
"""Environment variable: how many devices one training uses, or ``all``."""
CUDA = "CUDA_VISIBLE_DEVICES"


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
