"""The code that a node can reach, definition by definition, without comments and layout.

From an entry function the names it uses are followed through the modules of this package. A change
of a definition that is reached changes the digest; a change of anything else does not. Whatever
cannot be followed by name counts in full: statements that run at import time, and modules used as
values.
Specs are left out, because the values they hold are in the fingerprint themselves.
"""

import ast
import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path

PACKAGE = "reprise"
_VALUES_ONLY = ("reprise.specs",)
_IMPORT_TIME = "<import>"


@dataclass
class Module:
    """A parsed module: its top-level definitions, what runs at import, where names come from."""

    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imported: dict[str, tuple[str, str | None]] = field(default_factory=dict)
    other: set[str] = field(default_factory=set)
    """Names bound by imports of other packages, or by statements that run at import time."""


def closure(entries: Iterable[str], root: Path | None = None) -> dict[str, str]:
    """``module:definition`` -> digest, for all that ``entries`` can reach.

    An entry is ``module:function``, or ``module`` for all its definitions.

    Raises:
        LookupError: an entry does not exist.
    """
    found: dict[str, str] = {}
    queue = [(module, name or None) for module, _, name in (e.partition(":") for e in entries)]
    source = root or Path(str(resources.files(PACKAGE)))
    while queue:
        name, definition = queue.pop()
        if name.startswith(_VALUES_ONLY):
            continue
        module = _module(source, name)
        if module is None:
            raise LookupError(f"module {name} does not exist")
        wanted = [definition, _IMPORT_TIME] if definition else list(module.definitions)
        for item in wanted:
            key = f"{name}:{item}"
            if item in module.imported:
                queue.append(module.imported[item])
            elif key not in found and item in module.definitions:
                found[key] = _digest(module.definitions[item])
                queue += _references(source, name, module, module.definitions[item])
            elif item not in (*module.definitions, *module.other, _IMPORT_TIME):
                raise LookupError(f"{name} has no definition {item!r}")
    return dict(sorted(found.items()))


@cache
def _module(source: Path, name: str) -> Module | None:
    path = _path(source, name)
    if path is None:
        return None
    module = Module()
    for statement in ast.parse(path.read_text(encoding="utf-8")).body:
        _classify(source, module, statement)
    return module


def _path(source: Path, name: str) -> Path | None:
    base = source.joinpath(*name.split(".")[1:])
    candidates = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def _classify(source: Path, module: Module, statement: ast.stmt) -> None:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        module.definitions[statement.name] = [statement]
    elif isinstance(statement, ast.Import | ast.ImportFrom):
        module.imported.update(_imports(source, statement))
        module.other.update(_bound(statement))
    elif names := _assigned(statement):
        for name in names:
            module.definitions.setdefault(name, []).append(statement)
    elif not _is_docstring(statement):
        module.definitions.setdefault(_IMPORT_TIME, []).append(statement)
        module.other.update(_bound(statement))


def _bound(statement: ast.stmt) -> Iterator[str]:
    for node in ast.walk(statement):
        if isinstance(node, ast.alias):
            yield (node.asname or node.name).split(".")[0]
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            yield node.name


def _assigned(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Assign):
        targets = [n for t in statement.targets for n in ast.walk(t)]
        simple = all(isinstance(t, ast.Name | ast.Tuple) for t in statement.targets)
        return [n.id for n in targets if isinstance(n, ast.Name)] if simple else []
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def _imports(
    source: Path, statement: ast.Import | ast.ImportFrom
) -> Iterator[tuple[str, tuple[str, str | None]]]:
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.name.split(".")[0] == PACKAGE:
                yield alias.asname or alias.name.split(".")[0], (alias.name, None)
    elif (statement.module or "").split(".")[0] == PACKAGE and statement.module:
        for alias in statement.names:
            inner = f"{statement.module}.{alias.name}"
            is_module = _path(source, inner) is not None
            target = (inner, None) if is_module else (statement.module, alias.name)
            yield alias.asname or alias.name, target


def _references(
    source: Path, name: str, module: Module, statements: list[ast.stmt]
) -> Iterator[tuple[str, str | None]]:
    local = dict(module.imported)
    nodes = [node for statement in statements for node in ast.walk(statement)]
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            local.update(_imports(source, node))
    qualified = {
        id(node.value)
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name)
    }
    for node in nodes:
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            yield from _attribute(source, local, node.value.id, node.attr)
        elif isinstance(node, ast.Name) and node.id in local and id(node) not in qualified:
            yield local[node.id]
        if isinstance(node, ast.Name) and node.id in module.definitions:
            yield name, node.id


def _attribute(
    source: Path, local: dict[str, tuple[str, str | None]], owner: str, attribute: str
) -> Iterator[tuple[str, str | None]]:
    if owner not in local:
        return
    target, inside = local[owner]
    if inside is not None:
        yield target, inside
        return
    module = _module(source, target)
    known = module is not None and (attribute in module.definitions or attribute in module.imported)
    yield (target, attribute) if known else (target, None)


def _digest(statements: list[ast.stmt]) -> str:
    text = "\n".join(_canonical(statement) for statement in statements)
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(node: object) -> str:
    """Text of a syntax tree that does not depend on layout, docstrings or the Python version."""
    if isinstance(node, list):
        return "[" + ",".join(_canonical(item) for item in node if not _is_docstring(item)) + "]"
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = (
        f"{name}={_canonical(value)}"
        for name, value in ast.iter_fields(node)
        if value not in (None, []) and name not in ("kind", "type_comment", "ctx")
    )
    return f"{type(node).__name__}({','.join(fields)})"


def _is_docstring(node: object) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def definition_digests(names: Iterable[str], root: Path | None = None) -> dict[str, str]:
    """Digest of each ``module:definition`` as it is on disk; those that are gone are left out."""
    source = root or Path(str(resources.files(PACKAGE)))
    _module.cache_clear()
    found = {}
    for name in names:
        module_name, _, definition = name.partition(":")
        module = _module(source, module_name)
        if module is not None and definition in module.definitions:
            found[name] = _digest(module.definitions[definition])
    return found
