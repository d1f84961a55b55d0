"""The code that a node can reach, definition by definition, free of comments, docstrings, layout.

From an entry function the names it uses are followed through the modules of this package. A change
of a definition that is reached changes the digest; a change of anything else does not. Whatever
cannot be followed by name counts in full: statements that run at import time, and modules used as
values. Specs are left out, because the values they hold are in the fingerprint themselves.
"""

import ast
import hashlib
from collections.abc import Iterable
from functools import cache
from importlib import resources
from pathlib import Path

from reprise.provenance.modules import (
    IMPORT_TIME,
    PACKAGE,
    Module,
    Target,
    is_docstring,
    module_path,
    parse,
    parse_text,
    references,
    star_of,
)

_VALUES_ONLY = f"{PACKAGE}.specs"


def closure(entries: Iterable[str], root: Path | None = None) -> dict[str, str]:
    """``module:definition`` -> digest, for all that ``entries`` can reach.

    An entry is ``module:function``, or ``module`` for all its definitions.

    Raises:
        LookupError: an entry does not exist.
    """
    source = root or Path(str(resources.files(PACKAGE)))
    return dict(_closure(source, frozenset(entries)))


@cache
def _closure(source: Path, entries: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    seen: set[Target] = set()
    queue = [(module, name or None) for module, _, name in (e.partition(":") for e in entries)]
    while queue:
        target = queue.pop()
        if target not in seen:
            seen.add(target)
            digests, reached = _visit(source, target)
            found |= digests
            queue += reached
    return dict(sorted(found.items()))


@cache
def _visit(source: Path, target: Target) -> tuple[dict[str, str], tuple[Target, ...]]:
    """Digests of the definitions that ``target`` stands for, and what it refers to."""
    name, definition = target
    if f"{name}.".startswith(f"{_VALUES_ONLY}."):
        return {}, ()
    module = parse(source, name)
    if module is None:
        raise LookupError(f"module {name} does not exist")
    found: dict[str, str] = {}
    queue: list[Target] = [(name.rpartition(".")[0], IMPORT_TIME)] if "." in name else []
    for item in [definition, IMPORT_TIME] if definition else list(module.definitions):
        if item in module.definitions:
            found[f"{name}:{item}"], reached = _definition(source, name, item)
            queue += reached
        if item in module.imported:
            queue.append(module.imported[item])
        elif item not in module.definitions:
            queue += _elsewhere(source, module, item)
    return found, tuple(dict.fromkeys(queue))


def definition_digests(names: Iterable[str], root: Path | None = None) -> dict[str, str]:
    """Digest of each ``module:definition`` as it is on disk; those that are gone are left out."""
    source = root or Path(str(resources.files(PACKAGE)))
    texts: dict[str, str | None] = {}
    found = {}
    for name in names:
        module, _, definition = name.partition(":")
        if module not in texts:
            path = module_path(source, module)
            texts[module] = path.read_text(encoding="utf-8") if path else None
        digest = _digest_in(source, module, texts[module], definition)
        if digest is not None:
            found[name] = digest
    return found


def forget() -> None:
    """Read every module again when it is needed next."""
    for known in (parse, _definition, _visit, _closure):
        known.cache_clear()


@cache
def _digest_in(source: Path, module: str, text: str | None, definition: str) -> str | None:
    """By the text of the module: what was read before has not to be parsed again."""
    statements = _statements(source, module, text or "").get(definition)
    return _digest(statements) if statements else None


@cache
def _statements(source: Path, module: str, text: str) -> dict[str, list[ast.stmt]]:
    # Without its package: what it imports is not asked for.
    return parse_text(source, module, "", text).definitions


@cache
def _definition(source: Path, name: str, item: str) -> tuple[str, tuple[Target, ...]]:
    """Digest of one definition, and what it refers to."""
    module = parse(source, name)
    assert module is not None
    statements = module.definitions[item]
    return _digest(statements), tuple(references(source, module, statements))


def _elsewhere(source: Path, module: Module, name: str) -> list[Target]:
    star = star_of(source, module, name)
    if star:
        return [(star, name)]
    if name == IMPORT_TIME or name in module.other:
        return []
    raise LookupError(f"{module.name} has no definition {name!r}")


def _digest(statements: list[ast.stmt]) -> str:
    text = "\n".join(_canonical(statement) for statement in statements)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(node: object) -> str:
    """Text of a syntax tree that does not depend on layout, docstrings or the Python version."""
    if isinstance(node, list):
        return "[" + ",".join(_canonical(item) for item in node if not is_docstring(item)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = (
        f"{name}={_canonical(value)}"
        for name, value in ast.iter_fields(node)
        if value not in (None, []) and name not in ("kind", "type_comment", "ctx")
    )
    return f"{type(node).__name__}({','.join(fields)})"
