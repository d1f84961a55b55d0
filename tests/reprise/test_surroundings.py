"""Which variables a process that computes has, and what is said of those that it ignores."""

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest

import reprise
from reprise import cli
from reprise.jobs import fork_server
from reprise.surroundings import PINNED, XLA_FLAGS, ignored, of_engine, of_jobs, recorded

SOURCES = str(Path(reprise.__file__).resolve().parents[1])
MISLEADING = {
    "JAX_DEFAULT_PRNG_IMPL": "rbg",
    "JAX_ENABLE_X64": "1",
    "JAX_RANDOM_SEED_OFFSET": "7",
    "MATPLOTLIBRC": "/home/me/mine",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4",
    "NVIDIA_TF32_OVERRIDE": "1",
    "OPENBLAS_CORETYPE": "Nehalem",
    "XLA_FLAGS": "--xla_cpu_enable_fast_math=true",
}
UNSAID = {
    "GOTO_NUM_THREADS": "4",
    "OMP_NUM_THREADS": "2",
    "GIT_DIR": "/elsewhere/.git",
    "MPLBACKEND": "module://matplotlib_inline.backend_inline",
    "PYTHONHASHSEED": "4242",
    "PYTHONWARNINGS": "error",
    "SOMETHING_NEW": "1",
    "SOURCE_DATE_EPOCH": "1",
}
USEFUL = {
    "AWS_PROFILE": "mine",
    "CUDA_VISIBLE_DEVICES": "1",
    "HOME": "/home/me",
    "JAX_PLATFORMS": "cpu",
    "LC_ALL": "C",
    "LD_LIBRARY_PATH": "/usr/lib64-nvidia",
    "PATH": "/usr/bin",
    "REPRISE_SAVE_EVERY_S": "1",
    "SLURM_JOB_ID": "7",
    "XLA_PYTHON_CLIENT_PREALLOCATE": "false",
}
SHELL = {**MISLEADING, **UNSAID, **USEFUL}


def test_a_job_gets_what_is_listed_and_what_it_sets_itself() -> None:
    listed = {name: value for name, value in USEFUL.items() if name != "AWS_PROFILE"}
    assert of_jobs(SHELL) == {**listed, **PINNED}


def test_what_starts_jobs_keeps_all_but_what_jobs_ignore() -> None:
    rest = {name: SHELL[name] for name in ("GIT_DIR", "SOMETHING_NEW", "SOURCE_DATE_EPOCH")}
    assert of_engine(SHELL) == {**USEFUL, **rest, **PINNED}
    assert of_jobs(of_engine(SHELL)) == of_jobs(SHELL)
    assert ignored(of_engine(SHELL)) == ""


def test_one_line_names_what_would_have_changed_results() -> None:
    assert ignored({**USEFUL, **UNSAID, **PINNED}) == ""
    assert ignored(SHELL).startswith(f"ignored: {', '.join(sorted(MISLEADING))} (")
    assert XLA_FLAGS in ignored(SHELL)
    assert XLA_FLAGS not in ignored({"JAX_ENABLE_X64": "1"})


def test_flags_of_xla_have_a_way_in_and_are_recorded() -> None:
    flags = "--xla_cpu_max_isa=AVX2"
    environ = of_jobs({**SHELL, XLA_FLAGS: flags, "LD_PRELOAD": "/opt/me/libm.so:libx.so"})
    assert environ["XLA_FLAGS"] == flags
    found = recorded(environ)
    assert found["pinned"] == {**PINNED, "XLA_FLAGS": flags}
    assert found["chosen"] == {
        "CUDA_VISIBLE_DEVICES": "1",
        "JAX_PLATFORMS": "cpu",
        "LD_LIBRARY_PATH": "set",
        "LD_PRELOAD": "libm.so libx.so",
        XLA_FLAGS: flags,
    }


@pytest.mark.parametrize(
    ("path", "kept"), [("/opt/numpy", None), (f"/opt/numpy:{SOURCES}", SOURCES), (SOURCES, SOURCES)]
)
def test_of_pythonpath_these_sources_are_kept(path: str, kept: str | None) -> None:
    assert of_jobs({"PYTHONPATH": path}).get("PYTHONPATH") == kept
    assert ("PYTHONPATH" in ignored({"PYTHONPATH": path})) == (path != kept)
    assert of_engine({"PYTHONPATH": path})["PYTHONPATH"] == path


@pytest.mark.faults
def test_a_user_without_a_name_gets_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """As ``docker run -u 12345`` starts one; Snakemake fails without."""
    import pwd

    def nobody(number: int) -> None:
        raise KeyError(f"getpwuid(): uid not found: {number}")

    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(pwd, "getpwuid", nobody)
    assert of_engine({}) == {**PINNED, "LOGNAME": str(os.getuid()), "HOME": "/"}
    assert of_engine({"HOME": "/tmp"})["HOME"] == "/tmp"


class Replaced(Exception):
    """Another program took the place of this process."""


def started(monkeypatch: pytest.MonkeyPatch, environ: dict[str, str], *arguments: str) -> Any:
    """What the command line does with these variables: the environment that it ends with."""

    def execve(path: str, command: list[str], wanted: dict[str, str]) -> None:
        assert (path, command) == (sys.executable, [sys.executable, *sys.orig_argv[1:]])
        raise Replaced(wanted)

    monkeypatch.setattr(os, "execve", execve)
    monkeypatch.setattr(sys, "argv", ["reprise", *arguments])
    monkeypatch.setattr(fork_server, "forward", lambda given: None)
    monkeypatch.setattr("reprise.cli.app.run_app", lambda: None)
    monkeypatch.setattr("reprise.jobs.make.main", lambda given: 0)
    with patch.dict(os.environ, environ, clear=True):
        try:
            with suppress(SystemExit):
                cli.main()
        except Replaced as new:
            return "anew", new.args[0]
        return "at once", dict(os.environ)


@pytest.mark.parametrize("verb", ["make", "verify"])
def test_whoever_computes_has_the_environment_of_a_job(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    """Python has read its own variables by then: a process with others starts anew, once."""
    how, environ = started(monkeypatch, SHELL, verb)
    assert (how, environ) == ("anew", of_jobs(SHELL))
    assert capsys.readouterr().err == f"{ignored(SHELL)}\n"
    assert started(monkeypatch, environ, verb) == ("at once", environ)
    jax_only = {**environ, "JAX_ENABLE_X64": "1"}
    assert started(monkeypatch, jax_only, verb) == ("at once", environ)


@pytest.mark.parametrize("verb", ["run", "figure", "challenge", "status"])
def test_whoever_starts_jobs_says_once_what_they_ignore(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], verb: str
) -> None:
    assert started(monkeypatch, SHELL, verb) == ("at once", of_engine(SHELL))
    assert capsys.readouterr().err == ("" if verb == "status" else f"{ignored(SHELL)}\n")
