"""A result tree as a Workflow Run RO-Crate, written from the records that verify reads.

Profile: Workflow Run Crate 0.5 on RO-Crate 1.1 (https://w3id.org/ro/wfrun/workflow/0.5), with one
action for the run as a whole and one for every record. The crate is derived and says nothing of its
own: the same tree and checkout give the same description.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote, unquote

from rocrate.model.contextentity import ContextEntity
from rocrate.rocrate import ROCrate

from reprise.graph.build import Graph
from reprise.graph.nodes import Node
from reprise.records.record import Record, read_record
from reprise.records.tree import LOCK as LOCK_OF_TREE
from reprise.records.tree import RELEASE, Tree, commit_day
from reprise.specs.errors import ConfigError
from reprise.storage.atomic import replacing, sha256

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
    ".js": "text/javascript",
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

_ABSOLUTE = re.compile(r"file:|(?<![\w.:/%~-])/[\w.-]+/[\w./-]+|\b[A-Za-z]:\\")
"""A path of a machine inside a text; the slashes of URLs and relative paths do not match."""

Entity = Any
"""Of rocrate, which is not typed."""
Value = str | int | float | bool


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
    by: dict[str, Entity] = {}
    if agent:
        by = {"agent": _add(crate, _id(f"agent/{agent}"), "Person", name=agent)}
        crate.root_dataset["author"] = by["agent"]
    makings = [
        _add_making(crate, graph, node, records[node.id], files, by)
        for node in graph.nodes.values()
    ]
    crate.root_dataset["mentions"] = [_add_whole(crate, graph, records, files, by), *makings]
    return crate


def leaks(crate: ROCrate) -> list[str]:
    """Entities that name an absolute path of a machine, in words."""
    found = []
    for entity in crate.get_entities():
        text = unquote(json.dumps(entity.as_jsonld(), ensure_ascii=False))
        if leak := _ABSOLUTE.search(text):
            found.append(f"{entity.id}: absolute path {leak[0]!r}")
    return sorted(found)


def write(crate: ROCrate, target: Path) -> None:
    """Write ``crate`` to a ZIP file or into a folder, in place of an earlier one.

    Raises:
        ConfigError: there is something in the folder ``target`` and it is no crate.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.suffix == ".zip":
        crate.write_zip(target)
        return
    if target.exists() and any(target.iterdir()) and not (target / METADATA).is_file():
        raise ConfigError(f"{target} is not empty and no crate; choose another folder")
    with replacing(target) as folder:
        crate.write(folder)


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


def _add_value(crate: ROCrate, scope: str, name: str, value: Value) -> Entity:
    """A value of a parameter or property, named by what it says: equal ones are one entity."""
    text = json.dumps(value)
    if len(text) > _LONGEST_ID:
        text = hashlib.sha256(text.encode()).hexdigest()[:16]
    identifier = _id(f"{scope}/{name}={text.strip(chr(34))}")
    return _add(crate, identifier, "PropertyValue", name=name, value=value)


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
    engine = re.search(r"^snakemake==(\S+)", (root / LOCK).read_text("utf-8"), re.MULTILINE)
    crate.add_workflow(
        source,
        WORKFLOW,
        properties=about,
        main=True,
        lang="snakemake",
        lang_version=engine[1] if engine else None,
    )
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


# What was done: one action for every record, and one for the run as a whole.


def _written(files: Iterable[str]) -> list[str]:
    """Of the files of the crate those that people wrote for the workflow."""
    return [path for path in files if path == CONFIG or path.startswith("src/")]


def _add_action(
    crate: ROCrate, identifier: str, name: str, tool: Entity, read: Any, made: Any, **more: Any
) -> Entity:
    properties = {"@type": "CreateAction", "name": name, "actionStatus": _DONE, **more}
    return crate.add_action(tool, identifier, read, made, properties)


def _add_making(
    crate: ROCrate,
    graph: Graph,
    node: Node,
    record: Record,
    files: dict[str, Entity],
    by: dict[str, Entity],
) -> Entity:
    """What a record says: tool, inputs, parameters, outputs, time, memory, surroundings."""
    around = {"fingerprint": record.fingerprint, "seeds": record.node["seeds"]}
    around |= {k: v for k, v in record.environment.items() if k not in ("versions", "python")}
    usage = []
    for name, value in _flat(record.execution):
        if isinstance(value, int | float) and not isinstance(value, bool) and "." not in name:
            usage.append(_add_usage(crate, f"make/{node.id}", name, value))
        else:
            around[name] = value
    values = [_add_value(crate, node.kind, name, value) for name, value in _resolved(record)]
    return _add_action(
        crate,
        _id(f"make/{node.id}"),
        f"Making of {node.id}",
        _add_tool(crate, record),
        [*(files[path] for path in _read_by(graph, node, record, files)), *values],
        [files[path] for path in node.outputs],
        description=f"reprise make, fingerprint {record.fingerprint}",
        subjectOf=files[node.record],
        resourceUsage=usage,
        additionalProperty=[_add_value(crate, "around", *pair) for pair in _flat(around)],
        **by,
    )


def _add_whole(
    crate: ROCrate,
    graph: Graph,
    records: dict[str, Record],
    files: dict[str, Entity],
    by: dict[str, Entity],
) -> Entity:
    """The run of the workflow: what people wrote for it, what came of it, and with which tools."""
    workflow, nodes = crate.mainEntity, list(graph.nodes.values())
    tools = {_tool_id(record) for record in records.values()}
    workflow["hasPart"] = [{"@id": tool} for tool in sorted(tools)]
    chosen = _written(files)
    results = {
        kind: paths
        for kind in _RESULTS
        if (paths := [path for node in nodes if node.kind == kind for path in node.outputs])
    }
    workflow["input"] = [_add_parameter(crate, path, [files[path]]) for path in chosen]
    workflow["output"] = [
        _add_parameter(crate, f"{kind}/outputs", [files[path] for path in paths])
        for kind, paths in results.items()
    ]
    measured = [record.execution for record in records.values()]
    seconds = round(sum(item["wall_s"] for item in measured), 3)
    memory = max(item["peak_memory_bytes"] for item in measured)
    scale = graph.config.scale
    return _add_action(
        crate,
        "#run",
        f"Run of the workflow at scale {scale}",
        workflow,
        [*(files[path] for path in chosen), _add_value(crate, "workflow", "scale", scale)],
        [files[path] for paths in results.values() for path in paths],
        description="wall_s adds up the jobs, of which several may have run at a time",
        resourceUsage=[
            _add_usage(crate, "run", "wall_s", seconds),
            _add_usage(crate, "run", "peak_memory_bytes", memory),
        ],
        **by,
    )


def _add_parameter(crate: ROCrate, name: str, values: list[Entity]) -> Entity:
    """A formal parameter of the workflow, with the files that were its values."""
    parameter = crate.add_formal_parameter(name, "File", _id(f"workflow/{name}"))
    for file in values:
        file["exampleOfWork"] = parameter
    return parameter


def _add_tool(crate: ROCrate, record: Record) -> Entity:
    """The rule's command at one commit, the code it wraps, and the packages it needs."""
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
        name=f"reprise make ({record.node['kind']})",
        softwareVersion=version,
        mainEntity=_add(crate, _id(f"reprise/{version}"), "SoftwareApplication", **about),
        softwareRequirements=packages,
    )


def _tool_id(record: Record) -> str:
    named = [record.commit, record.environment["versions"], record.environment["python"]]
    mark = hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()[:12]
    return _id(f"tool/{record.node['kind']}/{mark}")


def _read_by(graph: Graph, node: Node, record: Record, files: Iterable[str]) -> list[str]:
    """Paths of what ``node`` was made from: outputs of others, and files that people wrote."""
    made = [
        path
        for parent in graph.parents(node)
        for path in parent.outputs
        if PurePosixPath(path).name in record.inputs[parent.id]["outputs"]
    ]
    written = [path for path in _written(files) if _declares(path, node)]
    return [*made, *written, *(_place(node, name) for name in sorted(node.files))]


def _declares(path: str, node: Node) -> bool:
    """Whether ``path`` decides what ``node`` is; the claims decide verdicts only."""
    own = PurePosixPath(path).match(f"papers/{node.paper or '*'}/*.yaml")
    return path == CONFIG or (own and (node.kind == "verdict" or path.endswith("/paper.yaml")))


def _resolved(record: Record) -> list[tuple[str, Value]]:
    """Resolved parameters of a making; those of a run without the prefix that all share."""
    if record.node["kind"] in _PARAMETERS_IN_FILES:
        return []
    spec = dict(record.spec)
    run = spec.pop("run", {})
    return list(_flat({**spec, **{k: v for k, v in run.items() if k != "members"}}))
