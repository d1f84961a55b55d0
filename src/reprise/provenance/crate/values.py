"""Parameters, resources and surroundings of a making, as entities that are named by what they say.

Two makings that share a value share its entity.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from typing import Any
from urllib.parse import quote

Entity = dict[str, Any]
Value = str | int | float | bool

RECORD_TERM = "urn:reprise:record:v1#"
"""Names a field of a record, e.g. ``urn:reprise:record:v1#execution.wall_s``."""

_UNIT = "https://qudt.org/vocab/unit/"
_UNITS = {"_per_s": "PER-SEC", "_s": "SEC", "_bytes": "BYTE"}
"""Ending of a field's name -> its unit; counts otherwise."""

_LONGEST_ID = 60


def local(name: str) -> str:
    """The id of an entity that is no file."""
    return "#" + quote(name, safe="/=:,+@")


def ref(identifier: str) -> Entity:
    """A reference to an entity."""
    return {"@id": identifier}


def flat(value: Any, path: str = "") -> Iterator[tuple[str, Value]]:
    """``(path, value)`` of every leaf of nested dicts; a list is a leaf, as JSON; None is none."""
    if isinstance(value, dict):
        for name in sorted(value):
            yield from flat(value[name], f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        yield path, json.dumps(value, sort_keys=True)
    elif value is not None:
        yield path, value


def value_entity(scope: str, name: str, value: Value, **more: Any) -> Entity:
    """A value of the parameter or property ``name``."""
    text = json.dumps(value)
    if len(text) > _LONGEST_ID:
        text = hashlib.sha256(text.encode()).hexdigest()[:16]
    identifier = local(f"{scope}/{name}={text.strip(chr(34))}")
    return {"@id": identifier, "@type": "PropertyValue", "name": name, "value": value, **more}


def usage_entity(action: str, field: str, value: float) -> Entity:
    """A resource that a making used: ``field`` of the record's ``execution``."""
    unit = next((u for ending, u in _UNITS.items() if field.endswith(ending)), "NUM")
    return {
        "@id": local(f"{action}/{field}"),
        "@type": "PropertyValue",
        "name": field,
        "propertyID": f"{RECORD_TERM}execution.{field}",
        "unitCode": _UNIT + unit,
        "value": value,
    }


def parameter_entity(scope: str, name: str, values: Iterable[Value] = ()) -> Entity:
    """A formal parameter; without values it stands for files."""
    kinds = {type(value) for value in values}
    types = {bool: "Boolean", int: "Integer", float: "Float", str: "Text"}
    kind = types[kinds.pop()] if len(kinds) == 1 else "Text" if str in kinds else "Float"
    return {
        "@id": local(f"{scope}/{name}"),
        "@type": "FormalParameter",
        "additionalType": kind if values else "File",
        "name": name,
    }


def connection_entity(source: str, target: str) -> Entity:
    """The flow from one formal parameter (an id) into another."""
    return {
        "@id": local(f"flow/{source.lstrip('#')}/to/{target.lstrip('#')}"),
        "@type": "ParameterConnection",
        "sourceParameter": ref(source),
        "targetParameter": ref(target),
    }
