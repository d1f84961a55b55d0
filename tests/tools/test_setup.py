"""The set-up leaves what is not its own alone."""

import shutil
import subprocess
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "tools" / "setup.sh"


def test_an_environment_behind_a_link_is_not_emptied(tmp_path: Path) -> None:
    other, checkout = tmp_path / "other", tmp_path / "checkout"
    other.mkdir()
    (other / "kept").touch()
    (checkout / "tools").mkdir(parents=True)
    shutil.copy(SCRIPT, checkout / "tools")
    (checkout / ".venv").symlink_to(other)
    result = subprocess.run(
        ["bash", "tools/setup.sh"], cwd=checkout, capture_output=True, text=True, check=False
    )
    assert result.returncode == 1
    assert f"is a link to {other}" in result.stderr
    assert [path.name for path in other.iterdir()] == ["kept"]
