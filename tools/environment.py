"""Writes ``environment.yml``: the pins of ``requirements/lock.txt`` for people who use conda."""

HEADER = """\
# For people who use conda: the pins of requirements/lock.txt, without hashes. Made by `make lock`.
#   conda env create -f environment.yml && conda activate reprise
#   pip install --no-deps --no-build-isolation -e .
name: reprise
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


def environment_yml(lock: str) -> str:
    """The text of ``environment.yml`` for the text of a lock."""
    return HEADER + "".join(f'      - "{pin}"\n' for pin in pins(lock))
