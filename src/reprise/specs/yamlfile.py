"""Strict YAML 1.2 of JSON's types; what readers of YAML 1.1 and 1.2 take differently is refused."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from reprise.specs.errors import ConfigError

_CORE = {
    "null": r"~|null|Null|NULL|",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?(0|[1-9]\d*)",
    "float": r"[-+]?((\.\d+|\d+\.\d*)([eE][-+]?\d+)?|\d+[eE][-+]?\d+)",
}
"""The core schema of YAML 1.2, without octal and hexadecimal numbers, infinities and NaN."""
_AMBIGUOUS = re.compile(
    r"yes|no|on|off|[-+]?(0\d+|0[box]\w+|\d+_[\d_]*|\d+(:\d+)+|\.inf)|\.nan", re.IGNORECASE
)
"""Texts that YAML 1.1 reads as a boolean or a number."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, its events from the parser in C where there is one: five times as fast.

    Nodes are composed in Python as ever, since the composer in C overflows the stack of the process
    where the nesting is deep.
    """

    yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012

    def __init__(self, text: str) -> None:
        super().__init__(text)
        if yaml.__with_libyaml__:
            from yaml.cyaml import CParser  # type: ignore[attr-defined]

            parser = CParser(text)
            for name in ("check_event", "peek_event", "get_event"):
                setattr(self, name, getattr(parser, name))


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in ``path``, of JSON types only; ConfigError: it is unreadable or ambiguous."""
    try:
        value = yaml.load(path.read_text(encoding="utf-8"), _Loader)  # noqa: S506
        json.dumps(value, allow_nan=False)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: cannot be read: not UTF-8 at byte {error.start}") from error
    except _Refused as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ConfigError(f"{path}, line {line}: {error.problem}") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {error}") from error
    except RecursionError:
        raise ConfigError(f"{path}: not valid YAML: nested too deeply") from None
    except (TypeError, ValueError) as error:
        raise ConfigError(
            f"{path}: holds a value that is neither text, number nor list: {error}"
        ) from error
    if not isinstance(value, dict):
        raise ConfigError(f"{path}: must hold a mapping, found {type(value).__name__}")
    return value


def as_yaml(value: Any) -> Any:
    """``value``, every text in it read as a number, a truth value or null where YAML does so."""
    if isinstance(value, Mapping):
        return {name: as_yaml(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [as_yaml(inner) for inner in value]
    plain = isinstance(value, str) and any(re.fullmatch(p, value) for p in _CORE.values())
    return yaml.load(value, _Loader) if value and plain else value  # noqa: S506


class _Refused(yaml.MarkedYAMLError):
    """Valid YAML that is refused here."""

    def __init__(self, node: yaml.Node, problem: str) -> None:
        super().__init__(problem=problem, problem_mark=node.start_mark)


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            raise _Refused(key_node, f"key {key!r} is not text; quote it")
        if key in result:
            raise _Refused(key_node, f"key {key!r} appears twice; keep one")
        result[key] = loader.construct_object(value_node, deep=True)
    return result


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    value = str(node.value)
    if not node.style and _AMBIGUOUS.fullmatch(value):
        raise _Refused(
            node,
            f"{value} is ambiguous: a boolean or a number to other readers of YAML; write true, "
            "false or plain decimal digits, or quote it",
        )
    return value


for _tag, _pattern in _CORE.items():
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(f"(?:{_pattern})$"), None)
_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:str", _text)
