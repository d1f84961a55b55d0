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
"""Where the system shows the limits of cgroups; those of version 1 in a folder per controller."""
_OWN_GROUPS = Path("/proc/self/cgroup")
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


def cores(groups: Path = _GROUPS, own: Path = _OWN_GROUPS) -> int:
    """Cores that this process may use, at least one: its affinity, and the limits of its cgroup."""
    allowed = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    limits = [
        *_limits(groups, own, "", "cpu.max"),
        *_limits(groups, own, "cpu", "cpu.cfs_quota_us", "cpu.cfs_period_us"),
    ]
    return max(1, min([allowed or 1, *(math.ceil(quota / period) for quota, period in limits)]))


def memory(groups: Path = _GROUPS, own: Path = _OWN_GROUPS) -> int:
    """Bytes of memory that this process may use: the machine's, or the limits of its cgroup."""
    limits = [
        *_limits(groups, own, "", "memory.max"),
        *_limits(groups, own, "memory", "memory.limit_in_bytes"),
    ]
    return min([int(psutil.virtual_memory().total), *(limit for (limit,) in limits)])


def _limits(groups: Path, own: Path, controller: str, *names: str) -> Iterator[list[int]]:
    """The numbers in the files ``names`` of the cgroup of this process, and of every one around it.

    ``controller`` is that of version 1; version 2 has one tree, without a name.
    """
    with suppress(OSError):
        lines = (line.split(":", 2) for line in own.read_text().splitlines())
        group = next((path for _, of, path in lines if controller in of.split(",")), None)
        place = groups / controller / (group or "").strip("/")
        for level in (place, *place.parents) if group else ():
            if level.is_relative_to(groups / controller):
                with suppress(OSError):
                    text = " ".join((level / name).read_text() for name in names)
                    if re.fullmatch(r"[\d\s]+", text):  # else "max" or -1: no limit
                        yield [int(number) for number in text.split()]


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
