"""The set-up leaves what is not its own alone; ``make`` asks before it works; scripts suit Macs."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

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


@pytest.mark.parametrize("target", ["figure", "challenge"])
def test_a_figure_that_is_not_named_is_asked_for_before_anything_is_fetched(
    tmp_path: Path, target: str
) -> None:
    shutil.copy(ROOT / "Makefile", tmp_path)
    environment = {name: value for name, value in os.environ.items() if name != "FIG"}
    command = ["make", "--no-print-directory", target]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 2
    said, *of_make = done.stderr.splitlines()
    assert said == f"make {target}: say which, e.g. FIG=pearce2023/F1"
    assert len(of_make) == 1 and done.stdout == ""
    assert [path.name for path in tmp_path.iterdir()] == ["Makefile"]


def test_scripts_are_checked_where_shellcheck_is_installed(tmp_path: Path) -> None:
    for name in ("bash", "dirname"):
        (tmp_path / name).symlink_to(str(shutil.which(name)))

    def check() -> "subprocess.CompletedProcess[str]":
        command = ["bash", str(ROOT / "tools" / "check.sh"), "shell"]
        path = {**os.environ, "PATH": str(tmp_path)}
        return subprocess.run(command, env=path, capture_output=True, text=True)

    if not (ROOT / ".venv" / "bin" / "shellcheck").exists():
        assert (check().returncode, check().stdout.split()[0]) == (0, "skipped")
    (tmp_path / "shellcheck").write_text('#!/bin/sh\necho "$1 is wrong"\nexit 1\n')
    (tmp_path / "shellcheck").chmod(0o755)
    found = check()
    assert found.returncode == 1
    assert "FAILED  shell" in found.stdout and "tools/check.sh is wrong" in found.stdout
