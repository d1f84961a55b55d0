"""The set-up leaves what is not its own alone."""

import os
import re
import shutil
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SCRIPT = ROOT / "tools" / "setup.sh"
NOT_ON_A_MAC = re.compile(
    r"\b(nproc|flock|timeout|realpath|mapfile|readarray|sha256sum|declare -A|readlink -f|sed -i"
    r"|sort -V|grep -P|mktemp -p|stat -c|xargs -r|cp -t|date -d|local -n)\b"
    r"|\$\{\w+(,,|\^\^|@[A-Z])|&>>|\|&"
)
"""Of GNU's tools, or of a Bash newer than 3.2."""


def test_an_environment_behind_a_link_is_not_emptied(tmp_path: Path) -> None:
    """Also with the ``readlink`` of an older macOS, which takes no options."""
    other, checkout = tmp_path / "other", tmp_path / "checkout"
    other.mkdir()
    (other / "kept").touch()
    (checkout / "tools").mkdir(parents=True)
    shutil.copy(SCRIPT, checkout / "tools")
    (checkout / ".venv").symlink_to(other)
    tools = tmp_path / "tools"
    tools.mkdir()
    (tools / "readlink").write_text(
        '#!/bin/sh\n[ $# = 1 ] && exec /usr/bin/readlink "$1"\nexit 64\n'
    )
    (tools / "readlink").chmod(0o755)
    result = subprocess.run(
        ["bash", "tools/setup.sh"],
        cwd=checkout,
        env={**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 1
    assert f"is a link to {other}" in result.stderr
    assert [path.name for path in other.iterdir()] == ["kept"]


def test_scripts_use_only_what_macos_has_too() -> None:
    rules = (ROOT / "workflow" / "rules").glob("*.smk")
    scripts = {ROOT / "Makefile", ROOT / ".ci" / "run", *(ROOT / "tools").glob("*.sh"), *rules}
    scripts -= {ROOT / "tools" / "gpu_session.sh"}  # for a machine with an NVIDIA card
    found = [
        f"{path.name}: {line.strip()}"
        for path in sorted(scripts)
        for line in path.read_text(encoding="utf-8").splitlines()
        if NOT_ON_A_MAC.search(line)
    ]
    assert found == []
    assert NOT_ON_A_MAC.search("x=$(readlink -f y)") and NOT_ON_A_MAC.search("echo ${name,,}")
