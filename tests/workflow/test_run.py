"""Running, being killed, failing, and being told off: what a user sees of ``reprise run``."""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from once import once
from workspace import NODES, Workspace, copy_workspace, edit

LONG = "overrides:\n  demo2024.runs.parity.steps: 10000\n  demo2024.runs.parity.log_every: 100"
PATIENCE_S = 240


@pytest.fixture(scope="session")
def long(unstarted: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """A project with a training of some seconds that saves its state at every chunk."""

    def lengthen(root: Path) -> None:
        edit(copy_workspace(unstarted, root).root / "config.yaml", "overrides: {}", LONG)

    return Workspace(once(tmp_path_factory, "long", lengthen), {"REPRISE_SAVE_EVERY_S": "0.05"})


@pytest.fixture(scope="session")
def uninterrupted(long: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """The same project, run without any disturbance."""
    return Workspace(
        once(tmp_path_factory, "long-run", lambda root: copy_workspace(long, root).run())
    )


@pytest.fixture
def project(long: Workspace, tmp_path: Path) -> Workspace:
    """A copy of the project that has not been run."""
    return copy_workspace(long, tmp_path / "project")


def wait_for(condition: Callable[[], bool], process: "subprocess.Popen[str]") -> None:
    """Poll until ``condition`` holds; fails if the process ends or patience does."""
    end = time.monotonic() + PATIENCE_S
    while not condition():
        assert process.poll() is None, process.communicate()[0]
        assert time.monotonic() < end
        time.sleep(0.02)


def states_saved(workspace: Workspace) -> list[Path]:
    """States of a training that is under way: not the one after its first step."""
    saved = (workspace.root / ".reprise" / "resume").glob("*/*.safetensors")
    return [path for path in saved if int(path.name.partition("-")[0]) > 1]


def interrupt(workspace: Workspace, number: int, *command: str) -> int:
    """Start ``command``, signal its whole group in mid-training, and return its exit code."""
    before = set(states_saved(workspace))
    process = workspace.alone().start(*command)
    try:
        wait_for(lambda: not before.issuperset(states_saved(workspace)), process)
        os.killpg(process.pid, number)
        process.communicate(timeout=PATIENCE_S)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode


def resumed_from(workspace: Workspace) -> int | None:
    record = workspace.call("reprise", "trace", "demo2024/F1", "--json", code=0).stdout
    start = record.index('"resumed_from_step": ') + len('"resumed_from_step": ')
    value = record[start : record.index(",", start)].split("\n")[0].strip()
    return None if value == "null" else int(value)


def ended_as(project: Workspace, uninterrupted: Workspace) -> bool:
    """Whether a training that was resumed has the bits of the one that nothing disturbed."""
    assert (resumed_from(project) or 0) > 0
    assert resumed_from(uninterrupted) is None
    assert states_saved(project) == []
    return project.digests() == uninterrupted.digests()


def test_stopped_and_then_killed_in_mid_training_the_same_command_ends_with_the_same_bits(
    project: Workspace, uninterrupted: Workspace
) -> None:
    """Ctrl-C saves the state and says so in the exit code."""
    assert interrupt(project, signal.SIGINT, "reprise", "run") == 128 + signal.SIGINT
    assert states_saved(project)
    assert interrupt(project, signal.SIGKILL, "reprise", "run") == -signal.SIGKILL
    project.run()
    assert ended_as(project, uninterrupted)


def test_plain_snakemake_killed_in_mid_training_ends_with_the_same_bits(
    project: Workspace, uninterrupted: Workspace
) -> None:
    command = ("snakemake", "--cores", "2")
    assert interrupt(project, signal.SIGKILL, *command) == -signal.SIGKILL
    project.call(*command, code=0)
    assert ended_as(project, uninterrupted)


@pytest.mark.faults
def test_a_second_run_makes_nothing(workspace: Workspace) -> None:
    before = workspace.record_times()
    assert "Nothing to make" in workspace.run().stdout
    assert workspace.record_times() == before


@pytest.mark.faults
def test_what_is_predicted_is_what_is_made(workspace: Workspace) -> None:
    (workspace.results / "demo2024" / "tables" / "accuracy.csv").unlink()
    before = workspace.record_times()
    predicted = workspace.predicted()
    workspace.run()
    after = workspace.record_times()
    written = {path for path in after if after[path] != before[path]}
    assert len(written) == len(predicted) == len(NODES) - 1


def test_a_deleted_figure_is_made_alone(workspace: Workspace) -> None:
    figure = workspace.results / "demo2024" / "figures" / "F1-accuracy.png"
    content = figure.read_bytes()
    figure.unlink()
    before = workspace.record_times()
    output = workspace.call("reprise", "figure", "demo2024/F1", code=0).stdout
    after = workspace.record_times()
    assert "figures/F1-accuracy.png" in output
    assert [path for path in after if after[path] != before[path]] == [
        "results/smoke/demo2024/figures/F1-accuracy.record.json"
    ]
    assert figure.read_bytes() == content


@pytest.mark.faults
def test_an_engine_that_cannot_start_says_why_and_no_older_log_is_shown(
    workspace: Workspace,
) -> None:
    (workspace.results / "demo2024" / "figures" / "F1-accuracy.svg").unlink()
    log = workspace.root / ".reprise" / "logs" / "figure" / "demo2024.F1-accuracy.log"
    assert log.is_file()
    log.write_text("the cause of an earlier failure")
    mine = replace(workspace, variables={"SNAKEMAKE_PROFILE": "nosuch"})
    said = mine.call("reprise", "figure", "demo2024/F1", code=1).stdout
    assert "Error: profile directory given (nosuch), but no profile.yaml" in said
    assert "earlier failure" not in said


@pytest.mark.faults
def test_jobs_that_all_start_afresh_make_the_same(
    unstarted: Workspace, template: Workspace, tmp_path: Path
) -> None:
    project = copy_workspace(unstarted, tmp_path / "project").alone()
    server = project.root / "src" / "reprise" / "jobs" / "fork_server.py"
    edit(server, "    listener = socket", '    Path("forks").touch()\n    listener = socket')
    replace(project, variables={**project.variables, "REPRISE_FORK": "0"}).run()
    assert not (project.root / "forks").exists()
    assert project.digests() == template.digests()


def test_a_profile_says_where_the_jobs_go(workspace: Workspace, tmp_path: Path) -> None:
    (workspace.results / "demo2024" / "tables" / "accuracy.csv").unlink()
    folder = tmp_path / "mine"
    shutil.copytree(workspace.root / "workflow" / "profiles" / "default", folder)
    edit(folder / "config.yaml", "cores: all", "cores: 1")
    workspace.run("--profile", str(folder))
    *_, log = sorted((workspace.root / ".reprise" / "logs").glob("run-*.log"))
    said = log.read_text()
    assert f"workflow specific profile {folder}" in said
    assert "Provided cores: 1 " in said


def test_a_failing_table_is_named_with_its_log_and_the_rest_is_kept(workspace: Workspace) -> None:
    tables = workspace.paper / "tables" / "accuracy.py"
    edit(
        tables, '    frame = inputs.tables["accuracy"]', '    raise ArithmeticError("no such luck")'
    )
    output = workspace.run(code=1).stdout
    assert "Failed: demo2024/table/summary" in output
    assert "no such luck" in output
    states = workspace.status()
    assert states["accuracy"].name == states["figure"].name == "current"
    assert states["summary"].name != "current"


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("scale: smoke", "scale: smok", ["config.yaml: scale", '"smok"', "'smoke'"]),
        ("seeds: null", "sedes: 3", ["config.yaml: sedes", "unknown field", "'seeds'"]),
        ("seeds: null", "seeds: 1\nseeds: 2", ["config.yaml", "line", "'seeds' appears twice"]),
        (
            "overrides: {}",
            "overrides:\n  demo2024.runs.parity.optimizer.weight_decya: 0.5",
            ["weight_decya", "demo2024.runs.parity.optimizer.weight_decay"],
        ),
    ],
)
def test_a_wrong_config_ends_with_2_and_the_nearest_choice_and_starts_nothing(
    workspace: Workspace, old: str, new: str, parts: list[str]
) -> None:
    edit(workspace.root / "config.yaml", old, new)
    before = workspace.digests()
    plain = [("snakemake", "-n")] if "smok" in new else []
    for command in (("reprise", "run"), *plain):
        result = workspace.call(*command, code=2)
        assert [part for part in parts if part not in result.stdout + result.stderr] == []
        assert "Traceback" not in result.stderr
    assert workspace.digests() == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("run", "--scale", "huge"),
        ("run", "--paper", "nobody1999"),
        ("figure", "demo2024/F9"),
        ("run", "--profile", "slrum"),
        ("walk",),
    ],
)
def test_wrong_options_end_with_2(template: Workspace, arguments: tuple[str, ...]) -> None:
    template.call("reprise", *arguments, code=2)


def test_the_engine_is_content_with_its_rules_and_writes_its_own_report(
    workspace: Workspace,
) -> None:
    lint = workspace.call("snakemake", "--lint", code=0)
    assert "Congratulations" in lint.stdout + lint.stderr
    workspace.call("snakemake", "--report", "engine.zip", code=0)
    assert (workspace.root / "engine.zip").stat().st_size > 10_000


def test_what_is_the_same_at_another_scale_is_made_once(workspace: Workspace) -> None:
    steps = "smoke: {steps: 200}"
    edit(workspace.paper / "paper.yaml", steps, f"{steps}\n      night: {{steps: 200}}")
    left = {NODES[name] for name in ("figure", "verdict", "report")}
    assert workspace.predicted("--scale", "night") == left, "they name their scale"
    said = workspace.run("--scale", "night").stdout
    assert "Taken over: 3 results of scale smoke, the same at this one" in said
    assert "3 jobs, about" in said
    workspace.call("reprise", "verify", "--scale", "night", code=0)
