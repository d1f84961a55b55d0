"""Build the graph of nodes from the config and the papers' files."""

import json
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from reprise.graph.closure import closure, entry_digest
from reprise.graph.nodes import SHORT, Node, fingerprint, full_entry, ranges
from reprise.project import find_project
from reprise.specs.claims import Claims
from reprise.specs.errors import ConfigError, suggest
from reprise.specs.load import (
    CHART_LIBRARY,
    OTHER_ROUNDING,
    Config,
    deviations,
    load_claims,
    load_papers,
    paper_keys,
    papers_folder,
    report_assets,
    report_folder,
)
from reprise.specs.paper import PaperSpec, Sources
from reprise.specs.runs import JobSpec, jobs, lower
from reprise.storage.atomic import sha256, write_text

SCHEMA = 2
"""Version of what a fingerprint hashes."""


@dataclass(frozen=True)
class Kind:
    """What all nodes of one kind have in common."""

    place: str
    """Beginning of the paths of outputs below ``results/<scale>/<paper>/``; ``mark`` is the
    beginning of the fingerprint."""
    outputs: tuple[str, ...]
    """How their paths go on."""
    code: tuple[str, ...]
    """The pipeline's own entries that determine the content, besides those of the paper."""

    record: str = ".record.json"
    """How the path of the record goes on."""


_READ, _WRITE = "reprise.results:parse_csv", "reprise.results:csv_bytes"
_PREPARE, _TENSORS = "reprise.training.devices:prepare", "reprise.storage.tensors:encode"

KINDS = {
    "dataset": Kind(
        "datasets/{name}-{mark}/",
        ("data.safetensors",),
        (_PREPARE, _TENSORS),
        "record.json",
    ),
    "run": Kind(
        "runs/{name}-{mark}/",
        ("params.safetensors", "views.safetensors", "metrics.csv"),
        (
            "reprise.training.loop:train",
            "reprise.training.devices:configure",
            "reprise.jobs.train:metrics",
            _WRITE,
            _TENSORS,
        ),
        "record.json",
    ),
    "table": Kind(
        "tables/{name}",
        (".csv",),
        (_PREPARE, "reprise.results:Inputs", "reprise.results:join_jobs", _READ, _WRITE),
    ),
    "figure": Kind("figures/{name}", (".svg", ".png"), ("reprise.plotting.render:render", _READ)),
    "verdict": Kind("verdicts", (".csv",), ("reprise.stats.verdicts:judge", _READ, _WRITE)),
    "report": Kind(
        "{name}/",
        ("index.html", "verdicts.csv"),
        ("reprise.report.html:build", _WRITE),
        "report.record.json",
    ),
}
_ARITHMETIC = "reprise.training.numerics"
"""Determines it, too, where the numerics profile is one of lower precision."""


@dataclass
class Graph:
    """All nodes of the chosen papers at one scale, parents before children."""

    config: Config
    papers: list[PaperSpec] = field(default_factory=list)
    claims: dict[str, Claims] = field(default_factory=dict)
    nodes: dict[str, Node] = field(default_factory=dict)

    def parents(self, node: Node) -> list[Node]:
        """The nodes that ``node`` reads."""
        return [self.nodes[i] for i in node.inputs]

    def ancestors(self, targets: Iterable[str]) -> list[Node]:
        """``targets`` and everything they are made from, parents first."""
        wanted: set[str] = set()
        queue = list(targets)
        while queue:
            current = queue.pop()
            if current not in wanted:
                wanted.add(current)
                queue += self.nodes[current].inputs
        return [node for node in self.nodes.values() if node.id in wanted]

    @cached_property
    def leaves(self) -> list[Node]:
        """The nodes that no other reads: the report, and tables for people to read."""
        read = {i for node in self.nodes.values() for i in node.inputs}
        return [node for node in self.nodes.values() if node.id not in read]


def build(config: Config) -> Graph:
    """The graph of ``config``'s papers at its scale; raises ConfigError."""
    graph = Graph(config)
    for paper in load_papers(config):
        graph.papers.append(paper)
        graph.claims[paper.key] = load_claims(paper)
        _PaperNodes(graph, paper).add_all()
    _add_report(graph)
    return graph


def run_code(job: JobSpec) -> dict[str, str]:
    """The code of the run that ``job`` describes, whether or not a paper has it; LookupError."""
    return closure([*_run_entries(job), *KINDS["run"].code])


class _Nodes:
    """Adds nodes of one paper to a graph, or nodes of none."""

    def __init__(self, graph: Graph, key: str = "") -> None:
        self.graph, self.key = graph, key
        self.file = f"papers/{key}/paper.yaml"

    def add(
        self,
        kind: str,
        name: str,
        spec: dict[str, Any],
        *,
        entries: Iterable[str] = (),
        inputs: Iterable[str] = (),
        files: Mapping[str, str] = {},
        more: Iterable[str] = (),
        **rest: Any,
    ) -> Node:
        """Add one node, with ``more`` outputs than its kind has, and the fields of ``rest``.

        Raises:
            ConfigError: an entry is not there.
        """
        common, nodes, scale = KINDS[kind], self.graph.nodes, self.graph.config.scale
        code = _code(self.file, [*entries, *common.code])
        own = next(iter(entries)) if "entry" in spec else ""
        hashed = {
            "schema": SCHEMA,
            "kind": kind,
            "spec": {key: value for key, value in spec.items() if key != "entry"},
            "entry": own and (code.get(own) or entry_digest(own)),
            "code": sorted(set(code.values())),
            "inputs": {i: nodes[i].fingerprint for i in inputs},
            "files": sorted((path.rpartition("/")[2], digest) for path, digest in files.items()),
        }
        mark = fingerprint(hashed)
        place = "/".join(filter(None, ("results", scale, self.key, common.place)))
        place = place.format(name=name, mark=mark[:SHORT])
        node = Node(
            id=f"{self.key}/{kind}/{name}" if self.key else kind,
            kind=kind,
            paper=self.key,
            name=name,
            scale=scale,
            spec=spec,
            code=code,
            inputs=tuple(inputs),
            files=dict(files),
            fingerprint=mark,
            outputs=tuple(f"{place}{ending}" for ending in (*common.outputs, *more)),
            record=f"{place}{common.record}",
            **{"seeds": tuple(sorted({s for i in inputs for s in nodes[i].seeds})), **rest},
        )
        nodes[node.id] = node
        return node


class _PaperNodes(_Nodes):
    """Adds the nodes of one paper."""

    def __init__(self, graph: Graph, paper: PaperSpec) -> None:
        super().__init__(graph, paper.key)
        self.paper = paper
        self.lower = lower(graph.config.numerics)
        self.run_nodes: dict[str, list[str]] = {}

    def add_all(self) -> None:
        paper = self.paper
        read = {run for table in paper.tables.values() for run in table.runs}
        for name in self._in_order("datasets", {n: d.datasets for n, d in paper.datasets.items()}):
            self._dataset(name)
        for name in (name for name in paper.runs if name in read):
            self._run(name)
        for name in self._in_order("tables", {n: t.tables for n, t in paper.tables.items()}):
            self._table(name)
        for name in paper.figures:
            self._figure(name)
        claims = self.graph.claims[paper.key]
        self.add(
            "verdict",
            "verdicts",
            claims.model_dump(mode="json", exclude_none=True),
            inputs=self._ids(table=claims.tables),
            files=rounding_digests(paper.key),
        )

    def _dataset(self, name: str) -> None:
        spec = self.paper.datasets[name]
        entry = full_entry(self.key, spec.entry)
        asks_a_network = self.lower and any(".models." in n for n in _code(self.file, [entry]))
        profile = {"numerics": self.lower} if asks_a_network else {}
        self.add(
            "dataset",
            name,
            spec.model_dump(mode="json", exclude_none=True) | profile,
            entries=[entry, *([_ARITHMETIC] if profile else [])],
            inputs=self._ids(dataset=spec.datasets or ()),
            files=self._local_files(f"datasets.{name}", spec.sources or {}),
            seeds=(spec.seed,),
        )

    def _run(self, name: str) -> None:
        try:
            split = jobs(self.paper.runs[name], self.lower)
        except ValueError as error:
            raise ConfigError(f"{self.file}: runs.{name}: {error}") from None
        for number, job in enumerate(split):
            node = self.add(
                "run",
                f"{name}/{number:02d}",
                job.model_dump(mode="json", exclude_none=True),
                entries=_run_entries(job),
                seeds=tuple(dict.fromkeys(int(m["seed"]) for m in job.members)),
                job=job,
            )
            self.run_nodes.setdefault(name, []).append(node.id)

    def _table(self, name: str) -> None:
        spec = self.paper.tables[name]
        runs = [node for run in spec.runs for node in self.run_nodes[run]]
        folder = papers_folder() / self.key / "reference"
        self.add(
            "table",
            name,
            spec.model_dump(mode="json", exclude_none=True, exclude={"tolerance"}),
            entries=[full_entry(self.key, spec.entry)],
            inputs=[*runs, *self._ids(dataset=spec.datasets, table=spec.tables)],
            files=_digests(
                (folder / file for file in spec.reference),
                papers_folder().parent,
                f"{self.file}: no reference file",
            ),
            about={"tolerance": spec.tolerance} if spec.tolerance else {},
        )

    def _figure(self, name: str) -> None:
        spec = self.paper.figures[name]
        inputs = self._ids(table=spec.tables)
        footer = self._footer(inputs)
        self.add(
            "figure",
            name,
            {"entry": spec.entry, "tables": list(spec.tables), "footer": footer},
            entries=[full_entry(self.key, spec.entry)],
            inputs=inputs,
            about={"title": spec.title, "caption": spec.caption, "source": spec.source},
        )

    def _ids(self, **names: Iterable[str]) -> list[str]:
        return [f"{self.key}/{kind}/{name}" for kind, own in names.items() for name in own]

    def _local_files(self, where: str, sources: Sources) -> dict[str, str]:
        """``<name>/<file>`` -> sha256 of the local files that ``where`` reads."""
        digests: dict[str, str] = {}
        for name, path in sources.items():
            if path:
                project = find_project()
                field = f"{self.key}.{where}.sources.{name}"
                files = file_digests(field, project.path(path), project.cache / "sources.json")
                digests |= {f"{name}/{file}": digest for file, digest in files.items()}
        return digests

    def _footer(self, inputs: list[str]) -> str:
        """What is written below a figure; a numerics profile that touched nothing is not named."""
        made_from = self.graph.ancestors(inputs)
        parts = [self.key, f"scale {self.graph.config.scale}"]
        for kind, name in (("run", "training seed"), ("dataset", "data seed")):
            of: dict[str, set[int]] = {}
            for node in made_from:
                if node.kind == kind and node.seeds:
                    of.setdefault(node.name.partition("/")[0], set()).update(node.seeds)
            if of:
                parts.append(_seeds(name, list(of.values()), "run" if kind == "run" else ""))
        if len(parts) > 2:
            idle = self.lower and not any("numerics" in n.spec for n in made_from)
            parts.append(f"numerics {'exact' if idle else self.graph.config.numerics}")
        return " · ".join(parts)

    def _in_order(self, kind: str, parents: Mapping[str, Iterable[str] | None]) -> Iterable[str]:
        """Names of ``parents``, each after those that it reads, else as they are written."""
        order = TopologicalSorter({name: read or () for name, read in parents.items()})
        try:
            return tuple(order.static_order())
        except CycleError as error:
            circle = ", ".join(dict.fromkeys(error.args[1]))
            raise ConfigError(f"{self.file}: {kind} form a circle: {circle}") from None


def _seeds(name: str, sets: list[set[int]], several: str) -> str:
    """``training seeds 0–4``; how many ``several`` (runs) have each, where they differ."""
    seeds = sorted(set().union(*sets))
    text = f"{name}{'s' if len(seeds) > 1 else ''} {ranges(seeds)}"
    fewest, most = min(map(len, sets)), max(map(len, sets))
    if not several or most == len(seeds) == fewest:
        return text
    each = f"{fewest} to {most}" if fewest < most else f"{most}"
    return f"{text}, {each} a {several}"


def _add_report(graph: Graph) -> None:
    """The report of the chosen papers; one of a few does not stand in the place of that of all."""
    own, keys = graph.nodes.values(), [paper.key for paper in graph.papers]
    explorables = {
        key: f"papers.{key}.explorables:blocks"
        for key in keys
        if (papers_folder() / key / "explorables.py").is_file()
    }
    read = {i for n in own if n.kind == "figure" and n.paper in explorables for i in n.inputs}
    described = {"key", "title", "authors", "year", "link", "abstract"}
    every = graph.config.papers == "all" or set(keys) == set(paper_keys())
    pages = [f"{key}{ending}" for key in keys for ending in (".html", "-code.html")]
    library = [CHART_LIBRARY] if explorables else []
    _Nodes(graph).add(
        "report",
        "report" if every else f"reports/{'+'.join(keys)}",
        {
            "papers": [
                {**p.model_dump(include=described), "deviations": deviations(p.key)}
                for p in graph.papers
            ],
            "figures": {n.id: n.about for n in own if n.kind == "figure"},
            "explorables": explorables,
            "scale": graph.config.scale,
            "numerics": graph.config.numerics,
        },
        entries=explorables.values(),
        inputs=[n.id for n in own if n.kind in ("figure", "verdict") or n.id in read],
        files=_digests(sorted(report_folder().iterdir()), report_folder().parents[2]),
        more=[*pages, *library, *(path.name for path in report_assets())],
    )


def _code(file: str, entries: list[str]) -> dict[str, str]:
    try:
        return closure(entries)
    except LookupError as error:
        raise ConfigError(f"{file}: {error}") from None


def _run_entries(job: JobSpec) -> list[str]:
    task, model, optimizer = job.run.task, job.run.model, job.run.optimizer
    return [
        *(f"{type(spec).__module__}:{type(spec).__name__}" for spec in (task, model, optimizer)),
        task.module,
        model.module,
        f"reprise.training.optimizers:{optimizer.name}",
        *([_ARITHMETIC] if job.numerics else []),
    ]


def rounding_digests(paper: str) -> dict[str, str]:
    """Path -> sha256 of the paper's verdicts with other rounding; empty where none are kept."""
    return _digests((papers_folder() / paper).glob(OTHER_ROUNDING), papers_folder().parent)


def _digests(files: Iterable[Path], root: Path, missing: str = "no file") -> dict[str, str]:
    """Path below ``root`` -> sha256; raises ConfigError, beginning with ``missing``."""
    digests = {}
    for path in files:
        if not path.is_file():
            near = suggest(path.name, (p.name for p in path.parent.glob("*")))
            raise ConfigError(f"{missing} {path.name!r}{near}")
        digests[path.relative_to(root).as_posix()] = sha256(path)
    return digests


def file_digests(where: str, path: Path, cache: Path) -> dict[str, str]:
    """Path below ``path`` (or its own name) -> sha256, of every file but hidden ones.

    Files whose size and date are those of an earlier call, kept in ``cache``, are not read again.
    ConfigError: there is nothing at ``path``; ``where`` is the field that names it.
    """
    if not path.exists():
        near = suggest(path.name, (p.name for p in path.parent.glob("*")))
        raise ConfigError(f"{where}: no file or folder {str(path)!r}{near}")
    files = [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.is_file())
    visible = [f for f in files if not any(p.startswith(".") for p in f.relative_to(path).parts)]
    if not visible:
        raise ConfigError(f"{where}: the folder {str(path)!r} holds no files")
    known: dict[str, str] = {}
    with suppress(OSError, ValueError, TypeError):
        known = dict(json.loads(cache.read_text("utf-8")))
    digests, fresh = {}, {}
    for file in visible:
        stat = file.stat()
        mark = f"{file.resolve()} {stat.st_size} {stat.st_mtime_ns}"
        fresh[mark] = known.get(mark) or sha256(file)
        digests[file.name if file == path else file.relative_to(path).as_posix()] = fresh[mark]
    if not fresh.items() <= known.items():
        with suppress(OSError):
            write_text(cache, json.dumps({**known, **fresh}, indent=0))
    return digests
