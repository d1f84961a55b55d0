"""An environment with PyTorch and what else a peer needs, beside the project's own."""

import subprocess
import venv
from pathlib import Path

TORCH = ("torch==2.*", "numpy")


def with_torch(folder: Path, *peers: str) -> str | Exception:
    """Its interpreter, made in ``folder``; or why it could not be made.

    ``peers`` are installed without their dependencies, which are for other devices.
    """
    try:
        venv.create(folder, with_pip=True)
        python = str(folder / "bin" / "python")
        for what in (TORCH, ("--no-deps", *peers)) if peers else (TORCH,):
            install = [python, "-m", "pip", "install", "--quiet", *what]
            subprocess.run(install, check=True, capture_output=True, timeout=1200)
    except (subprocess.SubprocessError, OSError) as error:
        return error
    return python
