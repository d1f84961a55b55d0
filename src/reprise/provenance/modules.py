"""Modules of this package as syntax: their definitions, and where the names they use come from."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

PACKAGE = "reprise"
IMPORT_TIME = "<import>"
"""Stands for the statements of a module that run when it is imported."""

Target = tuple[str, str | None]
"""A module and a name in it; without a name, the whole module."""


@dataclass
class Module:
    """A parsed module: its definitions, what runs at import, and where names come from."""

    name: str
    package: str
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imported: dict[str, Target] = field(default_factory=dict)
    stars: list[str] = field(default_factory=list)
    """Modules all of whose names are imported."""
    other: set[str] = field(default_factory=set)
    """Names bound by imports of other packages, or by statements that run at import time."""


@cache
def parse(source: Path, name: str) -> Module | None:
    """The module ``name`` below the package's folder ``source``; None if there is no such file."""
    path = module_path(source, name)
    if path is None:
        return None
    package = name if path.name == "__init__.py" else name.rpartition(".")[0]
    return parse_text(source, name, package, path.read_text(encoding="utf-8"))


def parse_text(source: Path, name: str, package: str, text: str) -> Module:
    """The module ``name`` of ``package`` that ``text`` would be."""
    module = Module(name, package)
    for statement in ast.parse(text).body:
        _classify(source, module, statement)
    return module


def references(source: Path, module: Module, statements: list[ast.stmt]) -> Iterator[Target]:
    """What ``statements`` of ``module`` refer to inside this package."""
    nodes = [node for statement in statements for node in ast.walk(statement)]
    local = dict(module.imported)
    for node in nodes:
        if isinstance(node, ast.Import | ast.ImportFrom):
            local.update(_imports(source, module, node))
    inner = {id(node.value) for node in nodes if isinstance(node, ast.Attribute)}
    for node in nodes:
        chain = _chain(node) if id(node) not in inner else []
        if chain and chain[0] in local:
            yield _follow(source, local[chain[0]], chain[1:])
        if chain and chain[0] in module.definitions:
            yield module.name, chain[0]
        elif chain and (star := star_of(source, module, chain[0])):
            yield star, chain[0]


def star_of(source: Path, module: Module, name: str) -> str | None:
    """The module that gives ``name`` to ``module`` by ``import *``, if any does."""
    queue, seen = list(module.stars), {module.name}
    while queue:
        current = queue.pop()
        found = parse(source, current) if current not in seen else None
        seen.add(current)
        if found is not None:
            if name in found.definitions or name in found.imported:
                return current
            queue += found.stars
    return None


def is_docstring(node: object) -> bool:
    """Whether ``node`` is a statement that is nothing but a text."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def module_path(source: Path, name: str) -> Path | None:
    """The file of the module ``name``; None if there is none."""
    base = source.joinpath(*name.split(".")[1:])
    candidates = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def _classify(source: Path, module: Module, statement: ast.stmt) -> None:
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        for name in {statement.name, *_registered_with(module, statement)}:
            module.definitions.setdefault(name, []).append(statement)
        return
    for node in ast.walk(statement):
        if isinstance(node, ast.Import | ast.ImportFrom):
            module.imported.update(_imports(source, module, node))
            module.stars += _stars(module, node)
    if isinstance(statement, ast.Import | ast.ImportFrom):
        module.other.update(_bound(statement))
    elif names := _assigned(statement):
        for name in names:
            module.definitions.setdefault(name, []).append(statement)
    elif not is_docstring(statement):
        module.definitions.setdefault(IMPORT_TIME, []).append(statement)
        module.other.update(_bound(statement))


def _registered_with(
    module: Module, statement: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
) -> Iterator[str]:
    """Definitions to which a decorator like ``@definition.register`` adds ``statement``."""
    for decorator in statement.decorator_list:
        chain = _chain(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if len(chain) > 1 and chain[0] in module.definitions:
            yield chain[0]


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
    source: Path, module: Module, statement: ast.Import | ast.ImportFrom
) -> Iterator[tuple[str, Target]]:
    """Local name -> target, for what ``statement`` imports from this package."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.name.split(".")[0] == PACKAGE:
                whole = alias.name if alias.asname else PACKAGE
                yield alias.asname or PACKAGE, (whole, None)
        return
    origin = _origin(module, statement)
    for alias in statement.names if origin else ():
        inner = f"{origin}.{alias.name}"
        if alias.name != "*":
            is_module = module_path(source, inner) is not None
            target = (inner, None) if is_module else (origin, alias.name)
            yield alias.asname or alias.name, target


def _stars(module: Module, statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
    names = [alias.name for alias in statement.names]
    if isinstance(statement, ast.ImportFrom) and "*" in names:
        yield from filter(None, [_origin(module, statement)])


def _origin(module: Module, statement: ast.ImportFrom) -> str:
    """The absolute name of the module imported from; empty where it is not of this package."""
    name = statement.module or ""
    if statement.level:
        parts = module.package.split(".")
        name = ".".join([*parts[: len(parts) - statement.level + 1], *filter(None, [name])])
    return name if name.split(".")[0] == PACKAGE else ""


def _chain(node: object) -> list[str]:
    """``a.b.c`` as its parts; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def _follow(source: Path, target: Target, attributes: Iterable[str]) -> Target:
    """The definition that ``attributes`` lead to from ``target``, or the last module on the way."""
    name, inside = target
    for attribute in attributes:
        module = parse(source, name) if inside is None else None
        if module is None:
            break
        if attribute in module.definitions:
            inside = attribute
        elif attribute in module.imported:
            name, inside = module.imported[attribute]
        elif star := star_of(source, module, attribute):
            name, inside = star, attribute
        elif module_path(source, f"{name}.{attribute}") is not None:
            name = f"{name}.{attribute}"
        else:
            break
    return name, inside
