"""Profiles of the workflow engine: where the jobs of a run go."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from reprise.project import Project
from reprise.specs.errors import ConfigError, suggest

FOLDER = "workflow/profiles"
_FILES = ("profile*.yaml", "config*.yaml")
_INSIDE = ("local", "dryrun", "touch")
"""Executors of the engine itself."""


def find_profile(project: Project, wanted: str) -> Path:
    """The folder (or file) of the profile ``wanted``: a name in ``workflow/profiles``, or a path.

    Raises:
        ConfigError: there is none, its file cannot be read, its executor is not installed, or its
            results are kept in a storage.
    """
    named = project.path(FOLDER) / wanted
    path = named if _file(named) else Path(wanted).expanduser().absolute()
    file = _file(path)
    if file is None:
        choices = [folder.name for folder in project.path(FOLDER).glob("*") if _file(folder)]
        raise ConfigError(f"--profile: there is no profile {wanted!r}{suggest(wanted, choices)}")
    settings = _settings(file)
    if "default-storage-provider" in settings:
        raise ConfigError(
            f"--profile: {wanted!r} keeps results in a storage, which only Snakemake itself reads: "
            f"'snakemake --workflow-profile {path}' (docs/cloud.md)"
        )
    executor = str(settings.get("executor", "local"))
    if executor not in _INSIDE and not find_spec(_module(executor)):
        raise ConfigError(
            f"{file}: executor: {executor!r} is not installed; 'make setup CLUSTER=1' installs "
            "those of the profiles here"
        )
    return path


def _file(path: Path) -> Path | None:
    """The file with the settings of the profile at ``path``."""
    if path.is_file():
        return path
    return next((file for pattern in _FILES for file in sorted(path.glob(pattern))), None)


def _settings(file: Path) -> dict[str, Any]:
    try:
        settings = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}") from error
    if not isinstance(settings, dict):
        raise ConfigError(f"{file}: must hold a mapping, found {type(settings).__name__}")
    return settings


def _module(executor: str) -> str:
    return f"snakemake_executor_plugin_{executor.replace('-', '_')}"
