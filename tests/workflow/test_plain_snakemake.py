"""The engine by itself, without ``reprise run`` in front of it."""

import os
import shutil
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from workspace import NODES, Workspace, edit

VERDICTS = "results/smoke/demo2024/verdicts.csv"


def test_no_environment_has_to_be_activated(workspace: Workspace) -> None:
    """A user types .venv/bin/snakemake; the jobs have to find reprise all the same."""
    figure = workspace.results / "demo2024" / "figures" / "F1-accuracy.svg"
    before = figure.read_bytes()
    figure.unlink()
    engine = str(Path(sys.executable).with_name("snakemake"))
    bare = replace(workspace, variables={**workspace.variables, "PATH": os.defpath})
    bare.call(engine, "--cores", "1", "--", str(figure.relative_to(workspace.root)), code=0)
    assert figure.read_bytes() == before


@pytest.mark.faults
def test_touching_an_altered_result_deletes_nothing(workspace: Workspace) -> None:
    (metrics,) = workspace.results.glob("demo2024/runs/*/*/metrics.csv")
    edit(metrics, "0,", "1,")
    before = workspace.digests()
    said = workspace.call("snakemake", "--touch", str(metrics.relative_to(workspace.root)), code=2)
    assert "--touch makes no result current" in said.stderr
    assert workspace.digests() == before


@pytest.mark.faults
def test_notes_of_an_interrupted_engine_make_no_finished_result_again(workspace: Workspace) -> None:
    """It was killed after the jobs had ended, and before it noticed."""
    notes = workspace.root / ".snakemake"
    shutil.copytree(notes / "metadata", notes / "incomplete", dirs_exist_ok=True)
    assert any((notes / "incomplete").iterdir())
    assert workspace.planned() == set()


@pytest.mark.faults
@pytest.mark.parametrize(
    ("options", "said"),
    [
        ("-F", "report is finished, and -F, -f and -R"),
        (f"-f {VERDICTS}", "demo2024/verdict/verdicts is finished, and -F, -f and -R"),
        ("-R run", "demo2024/run/parity/00 is finished, and -F, -f and -R"),
        (f"-R {VERDICTS}", f"delete {VERDICTS.replace('.csv', '.record.json')}"),
        ("--rerun-triggers mtime code", "--rerun-triggers has to be mtime"),
        ("--rerun-triggers code", "--rerun-triggers has to be mtime"),
        ("--workflow-profile none --cores 1", "--rerun-triggers has to be mtime"),
        ("--consider-ancient verdict=again", "--consider-ancient would take for current"),
        ("--delete-all-output", "--delete-all-output would delete finished results"),
    ],
)
def test_options_that_lose_what_is_finished_or_miss_what_was_altered_are_refused(
    workspace: Workspace, options: str, said: str
) -> None:
    before = workspace.digests()
    assert said in workspace.call("snakemake", *options.split(), code=2).stderr
    assert workspace.digests() == before


@pytest.mark.faults
def test_options_in_a_profile_of_the_user_lose_nothing_either(
    workspace: Workspace, tmp_path: Path
) -> None:
    (tmp_path / "mine").mkdir()
    profile = tmp_path / "mine" / "config.yaml"
    mine = replace(workspace, variables={"SNAKEMAKE_PROFILE": str(profile.parent)})
    profile.write_text("rerun-triggers: [code]\nrerun-incomplete: true\n")
    assert mine.planned() == set(), "the project's own profile wins"
    (workspace.root / VERDICTS).unlink()
    profile.write_text("forceall: true\n")
    before = workspace.digests()
    said = mine.run(code=1).stdout
    assert "is finished, and -F, -f and -R (--forceall" in said
    assert workspace.digests() == before


def test_what_is_not_finished_may_be_forced(unstarted: Workspace) -> None:
    assert unstarted.planned("-F", "--rerun-incomplete") == set(NODES)


def test_all_cores_are_those_that_are_allocated(workspace: Workspace, tmp_path: Path) -> None:
    """As in a container that may run on every core, for half of the time of one."""
    (tmp_path / "cpu.max").write_text("50000 100000")
    (tmp_path / "own").write_text("0::/")
    machine = workspace.root / "src" / "reprise" / "machine.py"
    edit(machine, '"/sys/fs/cgroup"', f'"{tmp_path}"')
    edit(machine, '"/proc/self/cgroup"', f'"{tmp_path / "own"}"')
    (workspace.root / VERDICTS).unlink()
    assert "Provided cores: 1 " in workspace.call("snakemake", "--", VERDICTS, code=0).stderr
