"""The environment variables of a process that computes results.

They are made from a list of what may pass, so a variable that nobody thought of reaches no result:
neither JAX's, XLA's, NumPy's, Matplotlib's and Python's own, nor those of a library added tomorrow.
Only the standard library is imported here: every job starts with this.
"""

import os
import sys
from collections.abc import Mapping
from pathlib import Path

XLA_FLAGS = "REPRISE_XLA_FLAGS"
"""Environment variable: flags of XLA besides those that a job sets itself, which win."""

CHOICES = (
    *("CUDA_VISIBLE_DEVICES", "JAX_PLATFORMS", "LD_PRELOAD", "REPRISE_DEVICES_PER_JOB"),
    XLA_FLAGS,
)
"""What a user may choose on purpose although it can reach bits; the record says it."""
LIBRARIES = ("CUDA_HOME", "CUDA_PATH", "DYLD_LIBRARY_PATH", "LD_LIBRARY_PATH")
"""Where libraries are looked for; the record says that they were set, and not to what."""

PINNED = {
    "MKL_NUM_THREADS": "1",
    "MPLBACKEND": "agg",
    "OMP_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "PYTHONHASHSEED": "0",
    "PYTHONNOUSERSITE": "1",
    "PYTHONUTF8": "1",
    "VECLIB_MAXIMUM_THREADS": "1",
}
"""What every job sets. Jobs fill the cores: more threads would only wait for each other."""

_MAY_PASS = frozenset(
    (
        *("CI", "COLUMNS", "FORCE_COLOR", "LANG", "LANGUAGE", "LINES", "NO_COLOR", "TERM", "TZ"),
        *("HOME", "LOGNAME", "PATH", "PWD", "SHELL", "SSH_AUTH_SOCK", "USER"),
        *("TEMP", "TMP", "TMPDIR", "CUDA_DEVICE_ORDER", "XLA_CLIENT_MEM_FRACTION"),
        *("NVIDIA_DRIVER_CAPABILITIES", "NVIDIA_VISIBLE_DEVICES"),
        *("PYTHONDONTWRITEBYTECODE", "PYTHONPYCACHEPREFIX", "PYTHONUNBUFFERED"),
        *(*CHOICES, *LIBRARIES),
    )
)
_MAY_PASS_PREFIXES = ("GIT_CONFIG_", "LC_", "REPRISE_", "SLURM_", "XLA_PYTHON_CLIENT_")
_KNOWN_TO_REACH_BITS = (
    *("BLIS_", "CUBLAS_", "CUDNN_", "DNNL_", "GLIBC_TUNABLES", "GOTO_", "JAX_", "KMP_"),
    *("MATPLOTLIBRC", "MKL_", "NPY_", "NVIDIA_TF32_OVERRIDE", "OMP_", "ONEDNN_", "OPENBLAS_"),
    *("PYTHONPATH", "TF_CUDNN_", "TF_XLA_", "VECLIB_", "XLA_"),
)
_READ_AT_START = ("GLIBC_TUNABLES", "PYTHON")
"""By Python or the C library, before anything here runs."""
_SOURCES = Path(__file__).resolve().parents[1]


def of_jobs(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a process that computes gets of ``environ``: what may pass, and what every job sets.

    ``XLA_FLAGS`` are those of ``REPRISE_XLA_FLAGS``; ``PYTHONPATH`` keeps these very sources only.
    """
    passed = {
        name: value
        for name, value in environ.items()
        if name in _MAY_PASS or name.startswith(_MAY_PASS_PREFIXES)
    }
    chosen = {"PYTHONPATH": _own_path(environ), "XLA_FLAGS": environ.get(XLA_FLAGS, "").strip()}
    return {**passed, **{name: value for name, value in chosen.items() if value}, **PINNED}


def ignored(environ: Mapping[str, str] = os.environ) -> str:
    """One line that names what ``environ`` asks for in vain; empty where there is nothing."""
    passed = of_jobs(environ)
    # Numbers of threads are the scheduler's business: Slurm and Snakemake set them for every job.
    names = sorted(
        name
        for name, value in environ.items()
        if name.startswith(_KNOWN_TO_REACH_BITS)
        and not name.endswith("_THREADS")
        and value not in ("", passed.get(name))
    )
    if not names:
        return ""
    hint = f"; {XLA_FLAGS} reaches XLA and is recorded" if "XLA_FLAGS" in names else ""
    return f"ignored: {', '.join(names)} (no result depends on the shell{hint}: docs/numerics.md)"


def enter(wanted: Mapping[str, str]) -> None:
    """Make ``wanted`` the environment of this process, before it imports what reads it."""
    os.environ.clear()
    os.environ.update(wanted)


def settle() -> None:
    """Enter the environment of a job; a process starts anew where Python or C has read another."""
    wanted = of_jobs()
    early = {name for name in {*os.environ, *wanted} if name.startswith(_READ_AT_START)}
    if any(os.environ.get(name) != wanted.get(name) for name in early):
        sys.stdout.flush()
        sys.stderr.flush()
        os.execve(sys.executable, [sys.executable, *sys.orig_argv[1:]], wanted)
    enter(wanted)


def of_engine(environ: Mapping[str, str] = os.environ) -> dict[str, str]:
    """What a process that starts jobs gets of ``environ``: all that no job would ignore.

    A user whom the system does not know gets a name and a home: Snakemake asks for them.
    """
    import getpass  # of no use to jobs, which start with this module

    passed = {
        name: value
        for name, value in environ.items()
        if not name.startswith((*_KNOWN_TO_REACH_BITS, *_READ_AT_START))
    }
    engine = {"PYTHONPATH": environ["PYTHONPATH"]} if "PYTHONPATH" in environ else {}
    try:
        getpass.getuser()
    except (KeyError, OSError):
        engine |= {"LOGNAME": str(os.getuid()), "HOME": environ.get("HOME", os.sep)}
    return {**passed, **of_jobs(environ), **engine}


def recorded(environ: Mapping[str, str] = os.environ) -> dict[str, dict[str, str]]:
    """What is ``pinned`` in this process, and what the user has ``chosen``; no places on a disk."""
    pinned = (*PINNED, "NPROC", "XLA_FLAGS")
    chosen = {name: environ[name] for name in CHOICES if environ.get(name)}
    if "LD_PRELOAD" in chosen:
        libraries = chosen["LD_PRELOAD"].replace(":", " ").split()
        chosen["LD_PRELOAD"] = " ".join(Path(library).name for library in libraries)
    places = {name: "set" for name in LIBRARIES if environ.get(name)}
    return {
        "pinned": {name: environ[name] for name in sorted(pinned) if name in environ},
        "chosen": {**chosen, **places},
    }


def _own_path(environ: Mapping[str, str]) -> str:
    entries = environ.get("PYTHONPATH", "").split(os.pathsep)
    return os.pathsep.join(
        entry for entry in entries if entry and Path(entry).resolve() == _SOURCES
    )
