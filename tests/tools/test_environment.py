import re
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from environment import environment_yml, pins
from lock import added, entries

ROOT = Path(__file__).resolve().parents[2]
LOCK, CUDA, CLUSTER, BOOTSTRAP = (
    ROOT / "requirements" / f"{name}.txt"
    for name in ("lock", "lock-cuda", "lock-cluster", "bootstrap")
)
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))


def locked(path: Path) -> list[Requirement]:
    return [Requirement(pin) for pin in pins(path.read_text("utf-8"))]


def versions(requirements: list[Requirement], python: str) -> dict[str, Version]:
    """Pinned version by name, for Linux and ``python``."""
    environment = {
        **default_environment(),
        "sys_platform": "linux",
        "python_version": python,
        "python_full_version": f"{python}.1",
    }
    return {
        canonicalize_name(r.name): Version(next(iter(r.specifier)).version)
        for r in requirements
        if r.marker is None or r.marker.evaluate(environment)
    }


@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_every_direct_dependency_is_locked_within_its_range(python: str) -> None:
    direct = [*PROJECT["project"]["dependencies"], *PROJECT["dependency-groups"]["dev"]]
    found = versions(locked(LOCK), python)
    for requirement in map(Requirement, direct):
        version = found[canonicalize_name(requirement.name)]
        assert requirement.specifier.contains(version), f"{requirement} is locked as {version}"


@pytest.mark.parametrize(
    ("python", "pair"),
    [
        ("3.11", {"jax": "0.10.2", "flax": "0.12.8"}),
        ("3.12", {"jax": "0.10.2", "flax": "0.12.8"}),
        ("3.12", {"jax": "0.11.2", "flax": "0.12.12"}),
    ],
)
def test_both_lines_of_jax_are_within_the_ranges(python: str, pair: dict[str, str]) -> None:
    """What each was tried with: docs/numerics.md."""
    project = PROJECT["project"]
    assert SpecifierSet(project["requires-python"]).contains(f"{python}.1")
    extra = project["optional-dependencies"]["cuda"]
    ranges = [r for r in map(Requirement, [*project["dependencies"], *extra]) if r.name in pair]
    assert {r.name for r in ranges} == pair.keys()
    assert len(ranges) == 3
    assert all(r.specifier.contains(pair[r.name]) for r in ranges)


@pytest.mark.faults
def test_the_bounds_of_the_engine_are_the_same_everywhere() -> None:
    (bounds,) = (d for d in PROJECT["project"]["dependencies"] if d.startswith("snakemake"))
    low, high = re.findall(r"[\d.]+", bounds)
    assert bounds == f"snakemake>={low},<{high}"
    assert f'min_version("{low}")' in (ROOT / "Snakefile").read_text()
    locked = re.search(r"^snakemake==([\d.]+)", LOCK.read_text(), re.M)
    assert locked
    major, minor = locked[1].split(".")[:2]
    assert high == f"{major}.{int(minor) + 1}"


@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_the_cuda_lock_adds_the_plugin_of_the_locked_jax(python: str) -> None:
    (extra,) = map(Requirement, PROJECT["project"]["optional-dependencies"]["cuda"])
    base, cuda = versions(locked(LOCK), python), versions(locked(CUDA), python)
    assert extra.specifier.contains(base["jax"])
    assert cuda["jax-cuda12-plugin"] == cuda["jax-cuda12-pjrt"] == base["jax"]
    assert not base.keys() & cuda.keys()


@pytest.mark.parametrize("python", ["3.11", "3.12"])
def test_the_cluster_lock_adds_its_extra_and_what_its_tests_need(python: str) -> None:
    wanted = [
        *PROJECT["project"]["optional-dependencies"]["cluster"],
        *PROJECT["dependency-groups"]["cluster"],
    ]
    base, cluster = versions(locked(LOCK), python), versions(locked(CLUSTER), python)
    for requirement in map(Requirement, wanted):
        assert requirement.specifier.contains(cluster[canonicalize_name(requirement.name)])
    assert not base.keys() & cluster.keys()


def test_the_build_backend_is_locked() -> None:
    found = versions(locked(LOCK), "3.11")
    for requirement in map(Requirement, PROJECT["build-system"]["requires"]):
        assert requirement.specifier.contains(found[canonicalize_name(requirement.name)])


@pytest.mark.parametrize(
    ("name", "locks"), [("environment", [LOCK]), ("environment-cuda", [LOCK, CUDA])]
)
def test_an_environment_file_has_exactly_the_pins_of_its_locks(
    name: str, locks: list[Path]
) -> None:
    text = (ROOT / f"{name}.yml").read_text("utf-8")
    assert text == environment_yml(*(lock.read_text("utf-8") for lock in locks)), "run make lock"
    environment = yaml.safe_load(text)
    *conda, last = environment["dependencies"]
    assert list(map(Requirement, last["pip"])) == [r for lock in locks for r in locked(lock)]
    assert f"python{PROJECT['project']['requires-python']}" in conda
    assert f"conda env create -f {name}.yml && conda activate {environment['name']}\n" in text


def test_the_environments_have_names_of_their_own_and_one_has_the_plugin() -> None:
    plain, cuda = (
        yaml.safe_load((ROOT / f"{name}.yml").read_text("utf-8"))
        for name in ("environment", "environment-cuda")
    )
    assert plain["name"] != cuda["name"]
    plugin = [pin for pin in cuda["dependencies"][-1]["pip"] if "jax-cuda12-plugin" in pin]
    assert len(plugin) == 1
    assert not [pin for pin in plain["dependencies"][-1]["pip"] if "cuda" in pin]


@pytest.mark.parametrize("path", [LOCK, CUDA, CLUSTER, BOOTSTRAP], ids=lambda path: path.stem)
def test_every_locked_package_is_exact_and_hashed(path: Path) -> None:
    for entry in entries(path.read_text("utf-8")):
        first, *hashes = entry.split("\\\n")
        assert [s.operator for s in Requirement(first).specifier] == ["=="], first
        assert hashes
        assert all(re.fullmatch(r"\s+--hash=sha256:[0-9a-f]{64}\s*", line) for line in hashes)


@pytest.mark.parametrize("name", ["pyproject.toml", "environment*.yml", "requirements/*.txt"])
def test_no_file_names_a_package_index(name: str) -> None:
    for path in ROOT.glob(name):
        text = path.read_text("utf-8")
        assert not re.search(r"index-url|find-links|tool\.uv|://", text), path.name


def test_added_keeps_the_entries_that_the_base_lacks() -> None:
    base = "a==1 \\\n    --hash=sha256:00\nb==2 \\\n    --hash=sha256:01\n"
    whole = base + "c==3 ; sys_platform == 'linux' \\\n    --hash=sha256:02\n"
    assert added(whole, base) == "c==3 ; sys_platform == 'linux' \\\n    --hash=sha256:02\n"
    assert added(base.replace("00", "09"), base) == "a==1 \\\n    --hash=sha256:09\n"


def test_the_image_has_the_locked_environment_and_no_sources() -> None:
    text = (ROOT / "Containerfile").read_text("utf-8")
    lines = re.sub(r"\\\n", " ", text).splitlines()
    steps = [line.split(maxsplit=1) for line in lines if line and not line.startswith("#")]
    assert {verb for verb, _ in steps} == {"FROM", "ARG", "COPY", "RUN", "WORKDIR", "ENV"}
    copied = [path for verb, rest in steps if verb == "COPY" for path in rest.split()[:-1]]
    assert all(path.startswith("requirements/") for path in copied)
    assert all((ROOT / path).is_file() for path in copied)
    commands = " ".join(rest for verb, rest in steps if verb == "RUN").split("&&")
    installs = [command for command in commands if "pip install" in command]
    assert installs and all("--require-hashes" in command for command in installs)
    assert set(re.findall(r"-r (\S+\.txt)", " ".join(installs))) == set(copied)
    # Where jobs begin in a pod, and where their sources then lie.
    assert ["WORKDIR", "/workdir"] in steps
    assert ["ENV", "PYTHONPATH=/workdir/src"] in steps
