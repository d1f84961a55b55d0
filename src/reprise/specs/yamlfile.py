"""Strict YAML: duplicate keys and numbers or booleans that YAML 1.1 would misread are refused."""

import json
import re
from pathlib import Path
from typing import Any

import yaml

from reprise.specs.errors import ConfigError

_EXPONENT = re.compile(r"^[-+]?\d+(\.\d*)?[eE][-+]?\d+$")
_WORDS = re.compile(r"^(yes|no|on|off|y|n)$", re.IGNORECASE)
_PLAIN_INT = re.compile(r"^[-+]?(0|[1-9]\d*)$")


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader, its events from the parser in C where there is one: five times as fast.

    Nodes are composed in Python as ever, since the composer in C overflows the stack of the process
    where the nesting is deep.
    """

    def __init__(self, text: str, file: str) -> None:
        super().__init__(text)
        self.file = file
        if yaml.__with_libyaml__:
            from yaml.cyaml import CParser  # type: ignore[attr-defined]

            parser = CParser(text)
            for name in ("check_event", "peek_event", "get_event"):
                setattr(self, name, getattr(parser, name))


def read_yaml(path: Path) -> dict[str, Any]:
    """The mapping in ``path``, made of JSON types only.

    Raises:
        ConfigError: unreadable, not a mapping, a duplicate key, or a value that YAML would misread.
    """
    try:
        value = _parse(path.read_text(encoding="utf-8"), str(path))
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: cannot be read: not UTF-8 at byte {error.start}") from error
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


def _parse(text: str, file: str) -> Any:
    """The only document in ``text``; raises as the parser does, or if JSON could not hold it."""
    loader = _Loader(text, file)
    try:
        value = loader.get_single_data()
    finally:
        loader.dispose()
    json.dumps(value, allow_nan=False)
    return value


def _mapping(loader: _Loader, node: yaml.MappingNode) -> dict[str, Any]:
    result: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = loader.construct_object(key_node, deep=True)
        if not isinstance(key, str):
            _refuse(loader, key_node, f"key {key!r} is not text; quote it")
        if key in result:
            _refuse(loader, key_node, f"key {key!r} appears twice; keep one")
        result[key] = loader.construct_object(value_node, deep=True)
    return result


def _text(loader: _Loader, node: yaml.ScalarNode) -> str:
    value = str(node.value)
    if not node.style and _EXPONENT.match(value):
        number = re.sub(r"^([-+]?\d+)(?=[eE])", r"\1.0", value)
        number = re.sub(r"([eE])(\d)", r"\1+\2", number)
        _refuse(loader, node, f"{value} would be read as text; write {number}")
    return value


def _integer(loader: _Loader, node: yaml.ScalarNode) -> int:
    value = str(node.value)
    if not _PLAIN_INT.match(value):
        _refuse(
            loader, node, f"{value} is an ambiguous whole number; write it in plain decimal digits"
        )
    return int(value)


def _boolean(loader: _Loader, node: yaml.ScalarNode) -> bool:
    if _WORDS.match(node.value):
        _refuse(
            loader, node, f"{node.value} would be read as true or false; write that, or quote it"
        )
    return bool(node.value.lower() == "true")


def _refuse(loader: _Loader, node: yaml.Node, message: str) -> None:
    line = node.start_mark.line + 1
    raise ConfigError(f"{loader.file}, line {line}: {message}")


_Loader.add_constructor("tag:yaml.org,2002:map", _mapping)
_Loader.add_constructor("tag:yaml.org,2002:str", _text)
_Loader.add_constructor("tag:yaml.org,2002:int", _integer)
_Loader.add_constructor("tag:yaml.org,2002:bool", _boolean)
