"""The processor, and what of the machine is allocated to this process."""

import os
import platform
import sys
from pathlib import Path

import psutil
import pytest

from reprise import machine as subject
from reprise.machine import compiled_for, cores, instructions, memory, processor

XEON = "processor\t: 0\nmodel name\t: Xeon\nflags\t\t: fpu sse4_2 avx avx2{}\n\nprocessor\t: 1\n"
ARM = "processor\t: 0\nFeatures\t: fp asimd{}\nCPU implementer\t: 0x41\nCPU part\t: 0xd0c\n\n"


@pytest.fixture
def own(tmp_path: Path) -> Path:
    """The groups of this process: of version 2 the top, of version 1 one that a container hides."""
    file = tmp_path / "cgroup"
    file.write_text("4:memory:/docker/c0ffee\n1:cpuacct,cpu:/docker/c0ffee\n0::/\n")
    (tmp_path / "cpu").mkdir()
    (tmp_path / "memory" / "docker" / "c0ffee").mkdir(parents=True)
    return file


@pytest.mark.parametrize(
    ("limit", "expected"), [("150000 100000", 2), ("50000 100000", 1), ("max 100000", 8), ("", 8)]
)
def test_cores_are_those_of_the_allocation(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: Path, limit: str, expected: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    (tmp_path / "cpu.max").write_text(limit)
    assert cores(tmp_path, own) == expected
    assert cores(tmp_path / "nowhere", own) == cores(tmp_path, tmp_path / "no proc") == 8


@pytest.mark.parametrize(("quota", "expected"), [(150_000, 2), (50_000, 1), (-1, 8)])
def test_cores_are_those_of_the_allocation_of_older_systems(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, own: Path, quota: int, expected: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)), raising=False)
    (tmp_path / "cpu" / "cpu.cfs_period_us").write_text("100000\n")
    assert cores(tmp_path, own) == 8
    (tmp_path / "cpu" / "cpu.cfs_quota_us").write_text(f"{quota}\n")
    assert cores(tmp_path, own) == expected


def test_without_affinities_the_machines_cores_count(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on macOS."""
    monkeypatch.delattr(os, "sched_getaffinity", raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 10)
    assert cores(tmp_path) == 10


@pytest.mark.parametrize(
    ("file", "limit", "share"),
    [
        ("memory.max", "1048576\n", 2**20),
        ("memory.max", "max\n", None),
        ("memory/docker/c0ffee/memory.limit_in_bytes", "1048576\n", 2**20),
        ("memory/memory.limit_in_bytes", "9223372036854771712\n", None),
    ],
)
def test_memory_is_that_of_the_allocation(
    tmp_path: Path, own: Path, file: str, limit: str, share: int | None
) -> None:
    whole = psutil.virtual_memory().total
    (tmp_path / file).write_text(limit)
    assert memory(tmp_path, own) == (share or whole)
    assert memory(tmp_path / "nowhere", own) == whole


@pytest.mark.parametrize(
    ("text", "name", "widest"),
    [
        (XEON.format(" avx512f"), "Xeon", "AVX-512"),
        (XEON.format(""), "Xeon", "AVX2"),
        (ARM.format(""), f"{platform.machine()} implementer 0x41 part 0xd0c", "NEON"),
        (ARM.format(" sve"), f"{platform.machine()} implementer 0x41 part 0xd0c", "SVE"),
    ],
)
def test_the_processor_and_its_instructions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str, name: str, widest: str
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "cpuinfo").write_text(text)
    assert processor(tmp_path / "cpuinfo") == name
    assert instructions(tmp_path / "cpuinfo") == widest
    assert instructions(tmp_path / "nowhere") == platform.machine()


def test_a_mac_is_asked_in_its_own_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(platform, "machine", lambda: "arm64")
    monkeypatch.setattr(subject, "_sysctl", {"machdep.cpu.brand_string": "Apple M2"}.get)
    assert processor(tmp_path / "no proc") == "Apple M2"
    assert instructions(tmp_path / "no proc") == "NEON"


def test_what_xla_was_told_to_leave_out_is_said() -> None:
    assert compiled_for("") == instructions()
    flags = "--xla_cpu_max_isa=AVX512 --x=1 --xla_cpu_max_isa=AVX2"
    assert compiled_for(flags) == f"{instructions()}, XLA up to AVX2"
