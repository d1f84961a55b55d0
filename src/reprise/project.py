"""Where the project's files are: its root, and the cache that holds what no result depends on."""

from dataclasses import dataclass
from pathlib import Path

from reprise.specs.errors import ConfigError

_PACKAGES = ("reprise", "papers")


@dataclass(frozen=True)
class Project:
    """A checkout (or a folder with ``config.yaml``) and the places inside it."""

    root: Path

    @property
    def config(self) -> Path:
        """What the user chose."""
        return self.root / "config.yaml"

    @property
    def cache(self) -> Path:
        """Resume states, compiled programs, logs and plans; deleting it loses no finished work."""
        return self.root / ".reprise"

    def path(self, relative: str) -> Path:
        """The absolute path of a file given relative to the root."""
        return self.root / relative


def find_project(start: Path | None = None) -> Project:
    """The nearest folder at or above ``start`` with ``config.yaml`` and ``Snakefile``.

    ConfigError: there is none, or it has other code than the one that runs.
    """
    here = (start or Path.cwd()).resolve()
    for folder in (here, *here.parents):
        if (folder / "config.yaml").is_file() and (folder / "Snakefile").is_file():
            _refuse_other_code(folder)
            return Project(folder)
    raise ConfigError(
        f"no config.yaml and Snakefile at or above {here}; run this inside the project"
    )


def _refuse_other_code(root: Path) -> None:
    """What is checked has to be what is used: the sources in ``root``, where it has any."""
    own, running = root / "src", Path(__file__).resolve().parents[1]
    if not (own / "reprise").is_dir() or own.samefile(running):
        return
    if any(_texts(own / package) != _texts(running / package) for package in _PACKAGES):
        raise ConfigError(
            f"this 'reprise' runs the code in {running}, the project here has other code in {own}: "
            f"run 'make setup' in {root}, then {root / '.venv' / 'bin' / 'reprise'}"
        )


def _texts(package: Path) -> dict[Path, bytes]:
    """What the files of ``package`` hold, without what Python keeps beside them."""
    files = (path for path in package.rglob("*") if path.is_file())
    return {path.relative_to(package): path.read_bytes() for path in files if path.suffix != ".pyc"}
