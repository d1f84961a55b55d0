"""The commands for people."""

import sys
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from reprise.cli.output import console, open_outlets
from reprise.specs.errors import ConfigError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Re-run papers on grokking and in-context learning, and check what held up.",
)
export = typer.Typer(no_args_is_help=True, help="Write records or tables for other tools.")
app.add_typer(export, name="export")


def _keys(items: list[str] | None) -> list[str]:
    """``["a,b", "c"]`` as three."""
    return [key for item in items or () for key in item.replace(",", " ").split()]


Papers = Annotated[
    list[str] | None,
    typer.Option("--paper", "-p", help="Only this paper; repeat for several.", callback=_keys),
]
Scale = Annotated[
    str | None, typer.Option("--scale", "-s", help="smoke, cpu, night, gpu or paper.")
]
Cores = Annotated[int | None, typer.Option("--cores", "-c", min=1, help="Cores; default all.")]
Profile = Annotated[
    str | None,
    typer.Option(help="Where the jobs go: a folder of workflow/profiles, e.g. slurm, or a path."),
]
Tolerance = Annotated[
    float | None, typer.Option(help="Relative tolerance of numbers; default 1e-6.")
]
Json = Annotated[bool, typer.Option("--json", help="Machine-readable output.")]
TreeOption = Annotated[
    Path | None, typer.Option("--tree", help="Folder of a result tree; default results/<scale>.")
]
Html = Annotated[Path | None, typer.Option("--html", help="Write it as one page, too.")]
TreeArgument = Annotated[
    Path | None, typer.Argument(help="A result tree, e.g. results/published/cpu; default own.")
]


def overlay(papers: list[str] | None, scale: str | None) -> dict[str, Any]:
    """What the options put on top of ``config.yaml``."""
    chosen = {"papers": papers, "scale": scale}
    return {name: value for name, value in chosen.items() if value}


def run_app() -> None:
    """Run the command line; a ConfigError ends with its message and exit code 2.

    Nobody reading on is no fault. Output that has no room is one: a message, exit code 1 or higher.
    """
    outlets = open_outlets()
    code: Any = 0
    try:
        app()
    except ConfigError as error:
        print(error, file=sys.stderr)
        code = 2
    except SystemExit as end:
        code = end.code
    sys.stdout.flush()
    for problem in (outlet.problem for outlet in outlets if outlet.problem):
        print(f"some output could not be written: {problem.strerror}", file=sys.stderr)
        code = code or 1
    sys.exit(code)


def _plan(papers: list[str] | None, scale: str | None) -> Any:
    from reprise.plan.planning import open_plan
    from reprise.project import find_project

    return open_plan(find_project().root, overlay(papers, scale))


@app.command()
def run(
    papers: Papers = None, scale: Scale = None, cores: Cores = None, profile: Profile = None
) -> None:
    """Replicate: make whatever is missing or no longer valid, then show the verdicts."""
    from reprise.cli.run import replicate

    raise typer.Exit(replicate(_plan(papers, scale), cores, profile))


@app.command()
def figure(
    name: Annotated[str, typer.Argument(help="paper/figure, e.g. pearce2023/F1")],
    scale: Scale = None,
    cores: Cores = None,
    profile: Profile = None,
) -> None:
    """Make one figure and only what it needs."""
    from reprise.cli.run import make_figure

    plan = _plan([name.partition("/")[0]], scale)
    raise typer.Exit(make_figure(plan, name, cores, profile))


@app.command()
def plan(
    papers: Papers = None,
    scale: Scale = None,
    cores: Cores = None,
    json: Json = False,
) -> None:
    """Show what 'run' would do: jobs, time, memory, disk, and why."""
    from reprise.cli.plan import show_plan

    show_plan(_plan(papers, scale), cores, json, console())


@app.command("list")
def list_(
    kind: Annotated[
        str | None, typer.Argument(help="figures, tables, runs, datasets or claims")
    ] = None,
    papers: Papers = None,
    scale: Scale = None,
    json: Json = False,
) -> None:
    """List the papers, or all names of their figures, tables, runs, datasets or claims."""
    from reprise.cli.catalogue import show_list
    from reprise.project import find_project
    from reprise.specs.load import load_config

    config = load_config(find_project().config, overlay(papers, scale))
    show_list(config, kind, json, console())


@app.command()
def status(papers: Papers = None, scale: Scale = None, json: Json = False) -> None:
    """Say for every result whether it is current; exit 3 if stale or missing, 4 if tampered."""
    from reprise.cli.plan import show_status

    raise typer.Exit(show_status(_plan(papers, scale), json, console(), bool(papers)))


@app.command()
def verify(
    tree: TreeArgument = None,
    papers: Papers = None,
    scale: Scale = None,
    json: Json = False,
    receipt: Annotated[
        Path | None, typer.Option(help="Write the receipt here, not to .reprise/receipts.")
    ] = None,
    sign: Annotated[
        Path | None, typer.Option(help="Sign the receipt with this private key of OpenSSH.")
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Compute the first weights of every run again, too.")
    ] = False,
) -> None:
    """Check all results of a tree against their records; exit 3 if stale or missing, 4 if tampered.

    Published results belong to a release: that the code is newer is no fault.
    """
    from reprise.cli.verify import Options, verify
    from reprise.project import find_project

    options = Options(tuple(papers or ()), scale, json, receipt, sign, deep)
    raise typer.Exit(verify(find_project(), tree, options, console()))


@app.command()
def trace(
    target: Annotated[
        str,
        typer.Argument(help="paper/name of a figure, claim, table, run or dataset; or a path."),
    ],
    scale: Scale = None,
    tree: TreeOption = None,
    html: Html = None,
    json: Json = False,
) -> None:
    """Show where a result comes from: rule, seeds, parameters, code, processor, back to the runs.

    Without results of your own you see the published ones. Exit 3 if stale or missing, 4 if
    tampered.
    """
    from reprise.cli.trace import show_trace

    raise typer.Exit(show_trace(target, scale, tree, html, json))


@app.command()
def challenge(
    target: Annotated[
        str | None, typer.Argument(help="paper/figure, a node's id, or an output's path")
    ] = None,
    papers: Papers = None,
    scale: Scale = None,
    tree: TreeOption = None,
    spot: Annotated[
        bool,
        typer.Option(
            "--spot", help="Only repeat the first updates of trainings; of all, without a target."
        ),
    ] = False,
    start: Annotated[
        Literal["nothing", "runs", "tables"],
        typer.Option(
            "--from", help="What to take from the tree; tables: only draw or judge again."
        ),
    ] = "nothing",
    tolerance: Tolerance = None,
    cores: Cores = None,
    keep: Annotated[bool, typer.Option("--keep", help="Keep the clean place.")] = False,
    json: Json = False,
) -> None:
    """Make a result again in a clean place and compare; exit 3 not comparable, 4 differs."""
    from reprise.audit.challenge import Options
    from reprise.audit.diff import Tolerance
    from reprise.cli.challenge import run_challenge, run_spot

    if spot:
        others = {"--from": start != "nothing", "--keep": keep, "--tolerance": tolerance}
        if given := [name for name, value in others.items() if value]:
            raise ConfigError(f"--spot only repeats first updates: leave out {given[0]}")
        raise typer.Exit(run_spot(target, papers or (), scale, tree, cores, json))
    if target is None or papers:
        raise ConfigError(
            "name a result, e.g. pearce2023/F1; only --spot takes a whole tree or --paper"
        )
    options = Options(start, Tolerance.of(tolerance), cores, keep)
    raise typer.Exit(run_challenge(target, scale, tree, options, json))


@app.command()
def compare(
    a: Annotated[
        Path | None, typer.Argument(help="A result tree; default results/<scale>.")
    ] = None,
    b: Annotated[
        Path | None, typer.Argument(help="Another; default results/published/<scale>.")
    ] = None,
    papers: Papers = None,
    scale: Scale = None,
    tolerance: Tolerance = None,
    html: Html = None,
    json: Json = False,
) -> None:
    """Compare two result trees; exit 3 if tables differ, 4 if a verdict flips."""
    from reprise.audit.diff import Tolerance
    from reprise.cli.compare import compare_trees

    near = Tolerance.of(tolerance)
    raise typer.Exit(compare_trees(a, b, papers or (), scale, near, html, json))


@app.command()
def adopt(
    folder: Annotated[Path, typer.Argument(help="A result tree made elsewhere.")],
    papers: Papers = None,
    scale: Scale = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace valid results that differ, too.")
    ] = False,
    json: Json = False,
) -> None:
    """Use results made elsewhere that are valid; exit 3 if some are refused, 4 if tampered."""
    from reprise.cli.adopt import adopt_tree

    raise typer.Exit(adopt_tree(folder, overlay(papers, scale), replace, json))


@app.command()
def new(
    key: Annotated[str, typer.Argument(help="Key of the new paper, e.g. smith2024.")],
) -> None:
    """Write a small new paper that runs and passes its own tests."""
    from reprise.cli.catalogue import new_paper

    new_paper(key)


@app.command()
def publish(
    papers: Papers = None,
    scale: Scale = None,
) -> None:
    """Copy tables, figures, records and verdicts to results/published, and renew the READMEs."""
    from reprise.cli.publish import publish_results

    raise typer.Exit(publish_results(_plan(papers, scale)))


@app.command()
def rounding(
    tree: Annotated[Path, typer.Argument(help="The same scale, made with other rounding.")],
    papers: Papers = None,
    scale: Scale = None,
    add: Annotated[bool, typer.Option(help="Beside those of earlier trees.")] = False,
) -> None:
    """Keep the verdicts of a second tree: where they differ, a verdict is inconclusive."""
    from reprise.cli.publish import keep_rounding

    keep_rounding(tree, overlay(papers, scale), add)


@export.command()
def crate(
    tree: TreeArgument = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="A new folder, or a file FILE.zip.")
    ] = None,
    papers: Papers = None,
    scale: Scale = None,
    agent: Annotated[str | None, typer.Option(help="Who ran it; said nowhere if left out.")] = None,
    date: Annotated[
        str | None, typer.Option(help="Default: day of the newest recorded commit.")
    ] = None,
) -> None:
    """Write a Workflow Run RO-Crate; exit 3 or 4 if a result is not current."""
    from reprise.cli.export import export_crate

    raise typer.Exit(export_crate(tree, out, overlay(papers, scale), agent, date))


@export.command()
def tables(
    tree: TreeArgument = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="A new folder.")] = None,
    papers: Papers = None,
    scale: Scale = None,
) -> None:
    """Write every table and verdict as CSV, and what each column holds, in which unit."""
    from reprise.cli.export import export_tables

    raise typer.Exit(export_tables(tree, out, papers or (), scale))


@app.command(hidden=True)
def schemas(folder: Path = Path("workflow/schemas")) -> None:
    """Write the JSON Schemas of the files that people write."""
    from reprise.specs.load import schemas as texts
    from reprise.storage.atomic import write_text

    for name, text in texts().items():
        write_text(folder / name, text)
