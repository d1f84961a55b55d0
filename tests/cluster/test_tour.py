"""docs/tour.md as written: its commands in a fresh copy of the sources, and their exit codes."""

import os
import re
import subprocess
from pathlib import Path

import pytest
from git_repository import fresh_copy
from workspace import ROOT, UNOPTIMISED, edit

BLOCK = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
CODE = re.compile(r"  # exit code (\d)")
VERBS = ("status", "figure", "trace", "challenge", "verify", "replicate")
OWN = ("JAX_", "XLA_", "MAKE", "CLUSTER", "PYTHON", "VIRTUAL_ENV")
"""Variables of this test run that a visitor does not have."""


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_the_tour_can_be_taken_as_written(tmp_path: Path) -> None:
    fresh_copy(tmp_path)
    variables = {k: v for k, v in os.environ.items() if not k.startswith(OWN)}
    variables |= {"COLUMNS": "200", "REPRISE_XLA_FLAGS": UNOPTIMISED}
    shown: list[tuple[str, str]] = []
    for language, text in BLOCK.findall((ROOT / "docs" / "tour.md").read_text(encoding="utf-8")):
        if language == "yaml":
            edit(tmp_path / "config.yaml", "overrides: {}\n", text)
            continue
        for line in text.splitlines():
            told = CODE.search(line)
            result = subprocess.run(
                ["bash", "-c", line], cwd=tmp_path, env=variables, capture_output=True, text=True
            )
            output = result.stdout + result.stderr
            assert result.returncode == (int(told[1]) if told else 0), f"{line}\n{output}"
            shown.append((line, output))
    seen = {word: [o for line, o in shown if f" {word} " in f" {line} "] for word in VERBS}
    assert "optimizer.weight_decay: 0.001 -> 0.01" in seen["status"][0]
    assert "pearce2023/run/main" not in seen["status"][0]
    assert "five_neuron" in seen["figure"][0] and "main/00" not in seen["figure"][0]
    assert "five-neuron-share" in seen["trace"][0] and "weight_decay" in seen["trace"][0]
    assert "identical" in seen["challenge"][0]
    assert "five_neuron_summary" in seen["verify"][0] and "tampered" in seen["verify"][0]
    assert "/run/" not in seen["replicate"][1] + seen["replicate"][2], "something was trained again"
    page = re.search(r"`(results/smoke/reports/\S+\.html)`", (ROOT / "docs/tour.md").read_text())
    assert page is not None and (tmp_path / page[1]).is_file()
