"""The tools that a workflow's steps use: the rule's command, at one commit, with its packages."""

import hashlib
import json
from collections.abc import Iterable, Iterator

from reprise.provenance.crate.values import Entity, local, ref
from reprise.records.record import Record


def tool_id(record: Record) -> str:
    """The id of the tool that made what ``record`` is about."""
    told = [record.commit, record.environment["versions"], record.environment["python"]]
    mark = hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:12]
    return local(f"tool/{record.node['kind']}/{mark}")


def tool(record: Record, parameters: Iterable[str]) -> Iterator[Entity]:
    """That tool, the code it wraps, and the packages it needs."""
    kind, version = record.node["kind"], commit_name(record)
    packages = {**record.environment["versions"], "python": record.environment["python"]}
    for name, number in packages.items():
        yield {
            "@id": _package_id(name, number),
            "@type": "SoftwareApplication",
            "name": name,
            "version": number,
        }
    package = local(f"reprise/{version}")
    yield {"@id": package, "@type": "SoftwareApplication", "name": "reprise", "version": version}
    yield {
        "@id": tool_id(record),
        "@type": "SoftwareApplication",
        "name": f"reprise make ({kind})",
        "softwareVersion": version,
        "mainEntity": ref(package),
        "softwareRequirements": [ref(_package_id(*item)) for item in sorted(packages.items())],
        "input": [ref(local(f"{kind}/{name}")) for name in parameters],
        "output": ref(local(f"{kind}/outputs")),
    }


def commit_name(record: Record) -> str:
    """The commit that a record names, with ``-edited`` where tracked files differed from it."""
    return (record.commit["sha"] or "unknown") + ("-edited" if record.commit["dirty"] else "")


def _package_id(name: str, version: str) -> str:
    """The package URL, as the purl specification defines it."""
    return f"pkg:generic/{name}@{version}" if name == "python" else f"pkg:pypi/{name}@{version}"
