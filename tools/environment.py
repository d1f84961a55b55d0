"""Writes ``environment.yml`` and ``environment-cuda.yml``: pins of the locks, for conda users."""

HEADER = """\
# For people who use conda: the pins of {locks}, without hashes. Made by `make lock`.
#   conda env create -f {file} && conda activate {name}
#   pip install --no-deps --no-build-isolation -e .
name: {name}
channels:
  - conda-forge
  - nodefaults
dependencies:
  - python>=3.11,<3.13
  - pip
  - pip:
"""


def pins(lock: str) -> list[str]:
    """The requirements of a hashed lock as ``name==version`` or ``name==version ; marker``."""
    return [line.removesuffix("\\").strip() for line in lock.splitlines() if line[:1].isalnum()]


def environment_yml(lock: str, cuda: str | None = None) -> str:
    """The text of ``environment.yml`` for the text of a lock; with ``cuda``, its CUDA variant."""
    if cuda is None:
        header = {"file": "environment.yml", "name": "reprise", "locks": "requirements/lock.txt"}
    else:
        locks = "requirements/lock.txt and lock-cuda.txt"
        header = {"file": "environment-cuda.yml", "name": "reprise-cuda", "locks": locks}
    listed = pins(lock) + pins(cuda or "")
    return HEADER.format(**header) + "".join(f'      - "{pin}"\n' for pin in listed)
