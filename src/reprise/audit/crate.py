"""A result tree as a Workflow Run RO-Crate, written from the records that verify reads.

Profile: Provenance Run Crate 0.5 on RO-Crate 1.1 (https://w3id.org/ro/wfrun/provenance/0.5). The
crate is derived and says nothing of its own: the same tree and checkout give the same description.
"""

import hashlib
import json
import re
import shutil
import tempfile
import zipfile
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from reprise.graph.build import Graph
from reprise.graph.nodes import KINDS, Node
from reprise.records.record import Record, read_record
from reprise.records.release import RELEASE, commit_day
from reprise.records.tree import LOCK as LOCK_OF_TREE
from reprise.records.tree import Tree
from reprise.storage.atomic import sha256

METADATA = "ro-crate-metadata.json"
VERSION = "1.1"
"""Of RO-Crate: the one that the profiles of runs build on."""

WORKFLOW, CONFIG = "Snakefile", "config.yaml"
ENVIRONMENT, LOCK = "environment.yml", "requirements/lock.txt"

_TERMS = "https://w3id.org/ro/terms/workflow-run/context"
_BUILD = {"buildInstructions": "https://codemeta.github.io/terms/buildInstructions"}
_WORKFLOW_PROFILE = "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
_LICENSE = "https://spdx.org/licenses/Apache-2.0"
_PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": {"name": "Process Run Crate", "version": "0.5"},
    "https://w3id.org/ro/wfrun/workflow/0.5": {"name": "Workflow Run Crate", "version": "0.5"},
    "https://w3id.org/ro/wfrun/provenance/0.5": {"name": "Provenance Run Crate", "version": "0.5"},
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": {
        "name": "Workflow RO-Crate",
        "version": "1.0",
    },
}
_PAGES = {
    **_PROFILES,
    _WORKFLOW_PROFILE: {"name": "Bioschemas ComputationalWorkflow"},
    _LICENSE: {"name": "Apache-2.0"},
    "https://docs.conda.io/projects/conda/": {"name": "Format of a conda environment"},
    "https://pip.pypa.io/": {"name": "Format of a hashed lock of all packages"},
}
"""What the crate refers to outside of it."""

_FORMATS = {
    ENVIRONMENT: ("Conda environment", "https://docs.conda.io/projects/conda/"),
    LOCK: ("Hashed lock of all packages", "https://pip.pypa.io/"),
}
_ENCODINGS = {
    ".css": "text/css",
    ".csv": "text/csv",
    ".html": "text/html",
    ".json": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".yaml": "application/yaml",
    ".yml": "application/yaml",
    **dict.fromkeys((".jinja", ".smk", ".txt"), "text/plain"),
}
_UNITS = {"_per_s": "PER-SEC", "_s": "SEC", "_bytes": "BYTE"}
"""Ending of a measured field's name -> its unit; counts otherwise."""

_DONE = "http://schema.org/CompletedActionStatus"
_RESULTS = ("table", "figure", "verdict", "report")
"""Kinds whose outputs are what the whole workflow is run for."""
_PARAMETERS_IN_FILES = ("verdict", "report")
"""Kinds whose parameters are texts: claims and captions, which the crate holds as files."""
_LONGEST_ID = 60

Entity = Any
"""Of rocrate, which is not typed."""
Value = str | int | float | bool


class NotACrate(Exception):
    """A folder that is to be written holds something else."""


def describe(
    root: Path, graph: Graph, tree: Tree, published: str, agent: str | None = None
) -> ROCrate:
    """The crate of ``tree``, all of whose nodes are valid; ``published`` is an ISO 8601 date.

    Raises:
        FileNotFoundError, UnreadableRecord: a record or a file of the workflow is not there.
    """
    crate = ROCrate(version=VERSION)
    crate.metadata.extra_contexts.append(_TERMS)
    crate.metadata.extra_terms.update(_BUILD)
    papers = sorted({node.paper for node in graph.nodes.values()} - {""})
    crate.datePublished = published
    crate.name = f"Results of {', '.join(papers)} at scale {graph.config.scale}"
    crate.description = "Tables, figures and verdicts, with the records of their making"
    pages = {page: _add(crate, page, "CreativeWork", **about) for page, about in _PAGES.items()}
    crate.license = pages[_LICENSE]
    crate.root_dataset["conformsTo"] = [pages[profile] for profile in _PROFILES]
    records = {node.id: read_record(tree.path(node.record)) for node in graph.nodes.values()}
    files = _add_checkout(crate, root, graph, papers)
    files |= _add_tree(crate, graph, tree, records)
    person = _add(crate, _id(f"agent/{agent}"), "Person", name=agent) if agent else None
    if person:
        crate.root_dataset["author"] = person
    engine = re.search(r"^snakemake==(\S+)", (root / LOCK).read_text("utf-8"), re.MULTILINE)
    _Run(crate, graph, records, files, {"agent": person} if person else {}).add(
        {"softwareVersion": engine[1]} if engine else {}
    )
    return crate


def write(crate: ROCrate, target: Path) -> list[str]:
    """Write ``crate`` to a ZIP file or into a folder, in place of an earlier one; its faults.

    Raises:
        NotACrate: there is something in the folder ``target`` and it is no crate.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".zip":
        crate.write_zip(target)
        return check(target)
    if target.exists() and any(target.iterdir()) and not (target / METADATA).is_file():
        raise NotACrate(f"{target} is not empty and no crate; choose another folder")
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{target.name}.") as place:
        new = Path(place, "crate")
        crate.write(new)
        if target.exists():
            shutil.rmtree(target)
        new.rename(target)
    return check(target)


def newest_commit(root: Path, records: Iterable[Record]) -> str | None:
    """The UTC day (ISO 8601) of the newest recorded commit; None where git knows none of them."""
    days = (commit_day(root, sha) for sha in {record.commit["sha"] for record in records})
    return max((day for day in days if day), default=None)


# Entities.


def _id(name: str) -> str:
    """The id of an entity that is no file."""
    return "#" + quote(name, safe="/=:,+@")


def _add(crate: ROCrate, identifier: str, kind: Any, **properties: Any) -> Entity:
    """Add an entity that is no file; one that is there already is replaced."""
    return crate.add(ContextEntity(crate, identifier, {"@type": kind, **properties}))


def _add_value(crate: ROCrate, scope: str, name: str, value: Value, **more: Any) -> Entity:
    """A value of a parameter or property, named by what it says: equal ones are one entity."""
    text = json.dumps(value)
    if len(text) > _LONGEST_ID:
        text = hashlib.sha256(text.encode()).hexdigest()[:16]
    identifier = _id(f"{scope}/{name}={text.strip(chr(34))}")
    return _add(crate, identifier, "PropertyValue", name=name, value=value, **more)


def _add_usage(crate: ROCrate, making: str, field: str, value: float) -> Entity:
    """A resource that a making used: ``field`` of the record's ``execution``."""
    unit = next((u for ending, u in _UNITS.items() if field.endswith(ending)), "NUM")
    about = {
        "propertyID": f"urn:reprise:record:v1#execution.{field}",
        "unitCode": f"https://qudt.org/vocab/unit/{unit}",
    }
    return _add(crate, _id(f"{making}/{field}"), "PropertyValue", name=field, value=value, **about)


def _flat(value: Any, path: str = "") -> Iterator[tuple[str, Value]]:
    """``(path, value)`` of every leaf of nested dicts; a list is a leaf, as JSON; None is none."""
    if isinstance(value, dict):
        for name in sorted(value):
            yield from _flat(value[name], f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        yield path, json.dumps(value, sort_keys=True)
    elif value is not None:
        yield path, value


# Files: the workflow as it is in the checkout, and what the records speak of.


def _properties(path: str, source: Path, digest: str, about: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": path,
        "contentSize": str(source.stat().st_size),
        "encodingFormat": _ENCODINGS.get(PurePosixPath(path).suffix, "application/octet-stream"),
        "sha256": digest,
        **about,
    }


def _add_checkout(crate: ROCrate, root: Path, graph: Graph, papers: list[str]) -> dict[str, Entity]:
    """Workflow, rules, config, environment, the papers' files and the reference data they read."""
    rules = sorted((root / "workflow" / "rules").glob("*.smk"))
    read = {
        _place(node, name): digest
        for node in graph.nodes.values()
        for name, digest in node.files.items()
    }
    here = [root / path for path in sorted(read) if (root / path).is_file()]
    declared = [
        path for key in papers for path in sorted((root / "src" / "papers" / key).glob("*.yaml"))
    ]
    named = [root / name for name in (CONFIG, *_FORMATS)]
    files = {}
    for source in (*named, *rules, *declared, *here):
        path, about = source.relative_to(root).as_posix(), dict[str, Any]()
        if path in _FORMATS:
            name, page = _FORMATS[path]
            about = {"description": name, "conformsTo": {"@id": page}}
        elif source.suffix == ".smk":
            about = {"@type": ["File", "SoftwareSourceCode"]}
        about = _properties(path, source, sha256(source), about)
        files[path] = crate.add_file(source, path, properties=about)
    source = root / WORKFLOW
    about = {
        "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
        "conformsTo": {"@id": _WORKFLOW_PROFILE},
        "buildInstructions": [files[path] for path in _FORMATS],
        "mentions": [files[rule.relative_to(root).as_posix()] for rule in rules],
    }
    about = _properties(WORKFLOW, source, sha256(source), about)
    crate.add_workflow(source, WORKFLOW, properties=about, main=True, lang="snakemake")
    absent = {path: digest for path, digest in sorted(read.items()) if path not in files}
    return files | {path: _add_absent(crate, path, digest) for path, digest in absent.items()}


def _place(node: Node, name: str) -> str:
    """The path in the crate of a file that ``node`` reads: that in the checkout, if it is there."""
    return f"local/{node.paper}/{name}" if node.kind == "dataset" else f"src/{name}"


def _add_absent(crate: ROCrate, path: str, digest: str) -> Entity:
    about = {
        "name": path,
        "description": "Described by its digest; the file is not part of this crate",
        "creativeWorkStatus": "not included",
        "sha256": digest,
    }
    return _add(crate, _id(path), "CreativeWork", **about)


def _add_tree(
    crate: ROCrate, graph: Graph, tree: Tree, records: dict[str, Record]
) -> dict[str, Entity]:
    """Records, outputs, lock and stamp; outputs that the tree leaves out by their digest alone."""
    files = {}

    def add(path: str, source: Path, digest: str, **about: Any) -> None:
        properties = _properties(path, source, digest, about)
        files[path] = crate.add_file(source, path, properties=properties)

    for node in graph.nodes.values():
        about = f"Record of {node.id}: what it was made from, and how"
        source = tree.path(node.record)
        add(node.record, source, sha256(source), description=about)
        shown = {"alternateName": node.about.get("title"), "description": node.about.get("caption")}
        for path in node.outputs:
            digest = records[node.id].outputs[PurePosixPath(path).name]
            if tree.path(path).is_file():
                said = {name: text for name, text in shown.items() if text}
                add(path, tree.path(path), digest, **said)
            else:
                files[path] = _add_absent(crate, path, digest)
    for name, about in {
        LOCK_OF_TREE: "Digests of the files that the tree was made with",
        RELEASE: "The release whose code made the tree",
    }.items():
        source = tree.folder / name
        if source.is_file():
            add(f"results/{graph.config.scale}/{name}", source, sha256(source), description=about)
    return files


# What was done: the steps and their parameters, and an action per record.


class _Run:
    """The makings that the records of a tree tell of, step by step, as entities of a crate."""

    def __init__(
        self,
        crate: ROCrate,
        graph: Graph,
        records: dict[str, Record],
        files: dict[str, Entity],
        agent: dict[str, Entity],
    ) -> None:
        self.crate, self.graph, self.records = crate, graph, records
        self.files, self.agent = files, agent
        nodes = list(graph.nodes.values())
        self.nodes = {
            kind: same for kind in KINDS if (same := [n for n in nodes if n.kind == kind])
        }
        self.chosen = [path for path in files if path == CONFIG or path.startswith("src/")]
        """Files that people wrote for the workflow."""
        self._values = cache(self._values_of)

    def add(self, engine: dict[str, str]) -> None:
        """Add everything but the files; ``engine`` says more of the engine."""
        makings = {node.id: self._add_making(node) for node in self.graph.nodes.values()}
        chosen = [self._add_parameter("workflow", path) for path in self.chosen]
        steps, controls = [], []
        for position, kind in enumerate(self.nodes):
            step = self._add_step(kind, position)
            made = [makings[node.id] for node in self.nodes[kind]]
            name = f"All jobs of rule {kind}"
            steps.append(step)
            controls.append(self._add_action(f"{step.id}/execution", "Control", name, step, made))
        whole = self._add_whole()
        application = _add(
            self.crate,
            _id("engine"),
            "SoftwareApplication",
            name="Snakemake",
            url="https://snakemake.github.io",
            **engine,
        )
        name = "Run of the engine"
        run = self._add_action("#engine/execution", "Organize", name, application, controls, whole)
        workflow = self.crate.mainEntity
        workflow["step"], workflow["input"] = steps, chosen
        outputs = [_id(f"{kind}/outputs") for kind in self.nodes if kind in _RESULTS]
        workflow["output"] = [{"@id": name} for name in outputs]
        tools = sorted({_tool_id(record) for record in self.records.values()})
        workflow["hasPart"] = [{"@id": tool} for tool in tools]
        self.crate.root_dataset["mentions"] = [whole, run, *makings.values()]
        self._link_files()

    def _add_action(
        self, identifier: str, kind: str, name: str, tool: Entity, read: Any, made: Any = None,
        **more: Any,
    ) -> Entity:  # fmt: skip
        properties = {"@type": f"{kind}Action", "name": name, "actionStatus": _DONE, **more}
        return self.crate.add_action(tool, identifier, read, made, properties)

    def _add_making(self, node: Node) -> Entity:
        """What a record says: tool, inputs, parameters, outputs, time, memory, surroundings."""
        crate, record = self.crate, self.records[node.id]
        around = {"fingerprint": record.fingerprint, "seeds": record.node["seeds"]}
        around |= {k: v for k, v in record.environment.items() if k not in ("versions", "python")}
        usage = []
        for name, value in _flat(record.execution):
            if isinstance(value, int | float) and not isinstance(value, bool) and "." not in name:
                usage.append(_add_usage(crate, f"make/{node.id}", name, value))
            else:
                around[name] = value
        values = [
            _add_value(crate, node.kind, name, value, exampleOfWork=_ref(f"{node.kind}/{name}"))
            for name, value in _resolved(record)
        ]
        return self._add_action(
            _id(f"make/{node.id}"),
            "Create",
            f"Making of {node.id}",
            self._add_tool(record),
            [*(self.files[path] for path in self._read_by(node)), *values],
            [self.files[path] for path in node.outputs],
            description=f"reprise make, fingerprint {record.fingerprint}",
            subjectOf=self.files[node.record],
            resourceUsage=usage,
            additionalProperty=[_add_value(crate, "told", *pair) for pair in _flat(around)],
            **self.agent,
        )

    def _read_by(self, node: Node) -> list[str]:
        """Paths of what ``node`` was made from: outputs of others, and files that people wrote."""
        made = [
            path
            for parent in self.graph.parents(node)
            for path in parent.outputs
            if PurePosixPath(path).name in self.records[node.id].inputs[parent.id]["outputs"]
        ]
        written = [path for path in self.chosen if _declares(path, node)]
        return [*made, *written, *(_place(node, name) for name in sorted(node.files))]

    def _add_tool(self, record: Record) -> Entity:
        """The rule's command at one commit, the code it wraps, and the packages it needs."""
        crate, kind = self.crate, record.node["kind"]
        edited = "-edited" if record.commit["dirty"] else ""
        version = f"{record.commit['sha'] or 'unknown'}{edited}"
        needed = {**record.environment["versions"], "python": record.environment["python"]}
        packages = []
        for name, number in sorted(needed.items()):
            url = f"pkg:{'generic' if name == 'python' else 'pypi'}/{name}@{number}"
            packages.append(_add(crate, url, "SoftwareApplication", name=name, version=number))
        about = {"name": "reprise", "version": version}
        return _add(
            crate,
            _tool_id(record),
            "SoftwareApplication",
            name=f"reprise make ({kind})",
            softwareVersion=version,
            mainEntity=_add(crate, _id(f"reprise/{version}"), "SoftwareApplication", **about),
            softwareRequirements=packages,
            input=[_ref(f"{kind}/{name}") for name in self._parameters(kind)],
            output=_ref(f"{kind}/outputs"),
        )

    def _parameters(self, kind: str) -> list[str]:
        """Names of the formal parameters of ``kind``; ``inputs`` are the files it reads."""
        reads = any(node.inputs or node.files for node in self.nodes[kind])
        return [*(["inputs"] if reads else []), *self._values(kind)]

    def _values_of(self, kind: str) -> dict[str, list[Value]]:
        found: dict[str, list[Value]] = {}
        for node in self.nodes[kind]:
            for name, value in _resolved(self.records[node.id]):
                found.setdefault(name, []).append(value)
        return dict(sorted(found.items()))

    def _add_parameter(self, scope: str, name: str, values: Iterable[Value] = ()) -> Entity:
        """A formal parameter; without values it stands for files."""
        kinds = {type(value) for value in values}
        types = {bool: "Boolean", int: "Integer", float: "Float", str: "Text"}
        kind = types[kinds.pop()] if len(kinds) == 1 else "Text" if str in kinds else "Float"
        kind = kind if values else "File"
        return self.crate.add_formal_parameter(name, kind, _id(f"{scope}/{name}"))

    def _add_step(self, kind: str, position: int) -> Entity:
        for name in self._parameters(kind):
            self._add_parameter(kind, name, self._values(kind).get(name, ()))
        self._add_parameter(kind, "outputs")
        tools = sorted({_tool_id(self.records[node.id]) for node in self.nodes[kind]})
        return _add(
            self.crate,
            _id(f"step/{kind}"),
            "HowToStep",
            name=f"rule {kind}",
            position=str(position),
            workExample=[{"@id": tool} for tool in tools],
            buildInstructions=self.files[ENVIRONMENT],
            connection=[
                _add(
                    self.crate,
                    _id(f"flow/{source}/to/{target}"),
                    "ParameterConnection",
                    sourceParameter=_ref(source),
                    targetParameter=_ref(target),
                )
                for source, target in self._connections(kind)
            ],
        )

    def _connections(self, kind: str) -> Iterator[tuple[str, str]]:
        """From the workflow's files and from earlier steps into the parameters of ``kind``."""
        for path in self.chosen:
            if any(path in self._read_by(node) for node in self.nodes[kind]):
                sets = _is_setting(path) and kind not in _PARAMETERS_IN_FILES
                for name in self._values(kind) if sets else ["inputs"]:
                    yield f"workflow/{path}", f"{kind}/{name}"
        before = {parent.kind for node in self.nodes[kind] for parent in self.graph.parents(node)}
        for earlier in sorted(before):
            yield f"{earlier}/outputs", f"{kind}/inputs"

    def _add_whole(self) -> Entity:
        """The run of the workflow as a whole."""
        measured = [record.execution for record in self.records.values()]
        seconds = round(sum(item["wall_s"] for item in measured), 3)
        memory = max(item["peak_memory_bytes"] for item in measured)
        scale = self.graph.config.scale
        nodes = self.graph.nodes.values()
        made = [self.files[path] for n in nodes if n.kind in _RESULTS for path in n.outputs]
        chosen = [self.files[path] for path in self.chosen]
        return self._add_action(
            "#run",
            "Create",
            f"Run of the workflow at scale {scale}",
            self.crate.mainEntity,
            [*chosen, _add_value(self.crate, "workflow", "scale", scale)],
            made,
            description="wall_s adds up the jobs, of which several may have run at a time",
            resourceUsage=[
                _add_usage(self.crate, "run", "wall_s", seconds),
                _add_usage(self.crate, "run", "peak_memory_bytes", memory),
            ],
            **self.agent,
        )

    def _link_files(self) -> None:
        """Say of every file which parameters it was a value of."""
        for path in self.chosen:
            self.files[path]["exampleOfWork"] = [_ref(f"workflow/{path}")]
        readers: dict[str, set[str]] = {name: set() for name in self.graph.nodes}
        for node in self.graph.nodes.values():
            for name in node.inputs:
                readers[name].add(f"{node.kind}/inputs")
        for node in self.graph.nodes.values():
            ends = [_ref(end) for end in (f"{node.kind}/outputs", *sorted(readers[node.id]))]
            for path in node.outputs:
                self.files[path]["exampleOfWork"] = ends


def _ref(name: str) -> dict[str, str]:
    return {"@id": _id(name)}


def _tool_id(record: Record) -> str:
    named = [record.commit, record.environment["versions"], record.environment["python"]]
    mark = hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:12]
    return _id(f"tool/{record.node['kind']}/{mark}")


def _is_setting(path: str) -> bool:
    return path == CONFIG or path.endswith("/paper.yaml")


def _declares(path: str, node: Node) -> bool:
    """Whether ``path`` decides what ``node`` is; the claims decide verdicts only."""
    own = PurePosixPath(path).match(f"papers/{node.paper or '*'}/*.yaml")
    return path == CONFIG or (own and (node.kind == "verdict" or _is_setting(path)))


def _resolved(record: Record) -> list[tuple[str, Value]]:
    """Resolved parameters of a making; those of a run without the prefix that all share."""
    if record.node["kind"] in _PARAMETERS_IN_FILES:
        return []
    spec = dict(record.spec)
    run = spec.pop("run", {})
    return list(_flat({**spec, **{k: v for k, v in run.items() if k != "members"}}))


# The check: is a crate whole? It reads the crate alone: no record, no project, no network.

_ABSOLUTE = re.compile(r"file:|(?<![\w.:/%~-])/[\w.-]+/[\w./-]+|\b[A-Za-z]:\\")
"""A path of a machine inside a text; the slashes of URLs and relative paths do not match."""

_OUTSIDE = re.compile(r"^[a-z][a-z0-9+.-]*:")
"""An absolute URI: described elsewhere."""


def check(crate: Path) -> list[str]:
    """What is wrong with the crate in this folder or ZIP file; empty if nothing is.

    Every file has to be described and as its digest says, every reference met, no path of a
    machine leaked.
    """
    if crate.is_dir():
        files = {p.relative_to(crate).as_posix() for p in crate.rglob("*") if p.is_file()}
        return _faults(files, lambda name: (crate / name).read_bytes())
    with zipfile.ZipFile(crate) as archive:
        return _faults({i.filename for i in archive.infolist() if not i.is_dir()}, archive.read)


def _faults(files: set[str], read: Callable[[str], bytes]) -> list[str]:
    try:
        entities = {entity["@id"]: entity for entity in json.loads(read(METADATA))["@graph"]}
        claimed = _ids(entities["./"].get("conformsTo"))
    except (KeyError, FileNotFoundError, ValueError, TypeError) as error:
        return [f"{METADATA} is no crate: {type(error).__name__}: {error}"]
    found = [f"does not conform to {profile}" for profile in _PROFILES if profile not in claimed]
    listed = {
        unquote(name): entity
        for name, entity in entities.items()
        if "File" in _list(entity.get("@type")) and not _OUTSIDE.match(name)
    }
    found += [f"{name} is not described" for name in sorted(files - {METADATA, *listed})]
    for name, entity in sorted(listed.items()):
        found += _file_faults(name, entity, read) if name in files else [f"{name} is missing"]
    for identifier, entity in sorted(entities.items()):
        found += _entity_faults(identifier, entity, set(entities))
    return found


def _file_faults(name: str, entity: dict[str, Any], read: Callable[[str], bytes]) -> Iterator[str]:
    data = read(name)
    if hashlib.sha256(data).hexdigest() != entity.get("sha256"):
        yield f"{name}: wrong digest"
    if str(len(data)) != entity.get("contentSize"):
        yield f"{name}: wrong size"


def _entity_faults(identifier: str, entity: dict[str, Any], known: set[str]) -> Iterator[str]:
    if identifier.startswith(("/", "../")) or "/../" in identifier or "\\" in identifier:
        yield f"{identifier}: absolute path {identifier!r}"
    for name, value in entity.items():
        for target in sorted(_ids(value) - known):
            if not _OUTSIDE.match(target):
                yield f"{identifier}: {name} refers to {target}, which is not described"
        text = unquote(json.dumps(value, ensure_ascii=False))
        if name != "@id" and (leak := _ABSOLUTE.search(text)):
            yield f"{identifier}: absolute path {leak[0]!r}"


def _ids(value: Any) -> set[str]:
    return {item["@id"] for item in _list(value) if isinstance(item, dict) and "@id" in item}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
