"""What there is to compute with: the processor, and how much of the machine is allocated."""

import math
import os
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from pathlib import Path

import psutil

_GROUPS = Path("/sys/fs/cgroup")
"""Where the system shows the limits of version 2 of cgroups."""
_INSTRUCTIONS = {
    "avx512f": "AVX-512",
    "avx2": "AVX2",
    "avx": "AVX",
    "sse4_2": "SSE4.2",
    "sve": "SVE",
    "asimd": "NEON",
    "neon": "NEON",
}
"""Name in the system's list -> what it is called; the widest first."""


def cores(groups: Path = _GROUPS) -> int:
    """Cores that this process may use, at least one: its affinity, and the limits of its cgroup."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    shares = [limit.split() for limit in _limits("cpu.max", groups)]
    limits = [math.ceil(int(quota) / int(period)) for quota, period in shares]
    return max(1, min([allowed or 1, *limits]))


def memory(groups: Path = _GROUPS) -> int:
    """Bytes of memory that this process may use: the machine's, or the limits of its cgroup."""
    limits = map(int, _limits("memory.max", groups))
    return min([int(psutil.virtual_memory().total), *limits])


def _limits(name: str, groups: Path) -> Iterator[str]:
    """What the cgroup of this process says under ``name``, and every one around it: numbers."""
    with suppress(OSError):
        own = Path("/proc/self/cgroup").read_text().rpartition("0::")[2].strip().strip("/")
        for level in (groups / own, *(groups / own).parents):
            if level.is_relative_to(groups):
                with suppress(OSError):
                    text = (level / name).read_text()
                    if re.fullmatch(r"\d+( \d+)?\s*", text):  # else "max": no limit
                        yield text


@cache
def processor(information: Path = Path("/proc/cpuinfo")) -> str:
    """The processor's name."""
    if sys.platform == "darwin":
        return _sysctl("machdep.cpu.brand_string") or platform.processor()
    known = _described(information)
    # Arm has numbers instead of names: of who designed it, and of the design.
    numbers = [known[name] for name in ("CPU implementer", "CPU part") if name in known]
    arm = f"{platform.machine()} implementer {numbers[0]} part {numbers[1]}" if numbers[1:] else ""
    return known.get("model name") or arm or platform.processor() or platform.machine()


@cache
def instructions(information: Path = Path("/proc/cpuinfo")) -> str:
    """The widest vector instructions of the processor: they decide the order of sums."""
    if sys.platform == "darwin":
        return "NEON" if platform.machine() == "arm64" else platform.machine()
    known = _described(information)
    flags = set(f"{known.get('flags', '')} {known.get('Features', '')}".split())
    return next((name for flag, name in _INSTRUCTIONS.items() if flag in flags), platform.machine())


def compiled_for(xla_flags: str) -> str:
    """``instructions()``, and below what XLA was told to stay."""
    limits = re.findall(r"--xla_cpu_max_isa=(\S+)", xla_flags)
    return f"{instructions()}, XLA up to {limits[-1]}" if limits else instructions()


def _described(information: Path) -> dict[str, str]:
    """What Linux says of the first processor."""
    try:
        lines = information.read_text().partition("\n\n")[0].splitlines()
    except OSError:
        return {}
    return {name.strip(): value.strip() for name, _, value in (x.partition(":") for x in lines)}


def _sysctl(name: str) -> str:
    try:
        command = ["/usr/sbin/sysctl", "-n", name]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
