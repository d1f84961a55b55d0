"""The project's modules as syntax: their definitions, and what the names in them stand for."""

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

PACKAGES = ("reprise", "papers")
"""The packages below ``src`` whose code is followed; others are named by what is imported."""
IMPORT_TIME = "<import>"
"""Stands for the statements of a module that run when it is imported."""

Target = tuple[str, str | None]
"""A module and a name in it; without a name, the whole module."""
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass
class Module:
    """A parsed module: its definitions, and where the names come from that it does not define.

    A method is a definition of its own, ``Class.method``, beside what is left of its class.
    """

    name: str
    definitions: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imported: dict[str, Target] = field(default_factory=dict)
    external: dict[str, str] = field(default_factory=dict)
    """Name -> dotted origin, for what other packages give."""
    other: set[str] = field(default_factory=set)
    """Names bound by statements that run at import time."""

    def members(self, name: str) -> list[str]:
        """The definition ``name`` and, if it is a class, its methods."""
        return [name, *(n for n in self.definitions if n.startswith(f"{name}."))]


@cache
def parse(source: Path, name: str) -> Module | None:
    """The module ``name`` below ``source``; None if there is no such file.

    Raises:
        LookupError: it imports by ``*`` or relatively, which is not followed.
    """
    path = module_path(source, name)
    return None if path is None else parse_text(source, name, path.read_text(encoding="utf-8"))


def parse_text(source: Path, name: str, text: str) -> Module:
    """The module ``name`` that ``text`` would be."""
    module = Module(name)
    for statement in ast.parse(text).body:
        if isinstance(statement, Definition):
            _define(module, statement)
        else:
            _classify(source, module, statement)
    return module


def module_path(source: Path, name: str) -> Path | None:
    """The file of the module ``name``; None if there is none."""
    base = source.joinpath(*name.split("."))
    candidates = (base / "__init__.py", base.with_suffix(".py"))
    return next((path for path in candidates if path.is_file()), None)


def bindings(source: Path, module: Module, node: ast.AST) -> Module:
    """What is bound inside ``node``, as a module without definitions.

    ``other`` holds its parameters and assigned variables.
    """
    found = Module(module.name)
    for inner in _walk(node):
        kind = type(inner)
        if kind is ast.arg:
            found.other.add(inner.arg)
        elif kind is ast.Name:
            if type(inner.ctx) is ast.Store:
                found.other.add(inner.id)
        elif kind is ast.Import:
            _bind_import(found, inner)
        elif kind is ast.ImportFrom:
            _bind_from(source, found, inner)
    return found


def resolve(source: Path, target: Target, attributes: Iterable[str] = ()) -> tuple[Target, int]:
    """The definition that ``attributes`` lead to from ``target``, and how many of them it took.

    Where a module does not define the next attribute, the module itself is meant.
    """
    (name, inside), taken = _defined(source, target), 0
    for attribute in attributes:
        if inside is not None:
            break
        following = _attribute(source, name, attribute)
        if following is None:
            break
        (name, inside), taken = following, taken + 1
    return (name, inside), taken


def chain(node: object) -> list[str]:
    """``a.b.c`` as its parts; empty for anything else."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    return [node.id, *reversed(parts)] if isinstance(node, ast.Name) else []


def is_docstring(node: object) -> bool:
    """Whether ``node`` is a statement that is nothing but a text."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def is_ours(module: str | None) -> bool:
    """Whether ``module`` is one of the packages that are followed."""
    return (module or "").split(".")[0] in PACKAGES


def _attribute(source: Path, name: str, attribute: str) -> Target | None:
    module = parse(source, name)
    if module is None:
        return None
    if attribute in module.definitions or attribute in module.other:
        return name, attribute
    if attribute in module.imported:
        return _defined(source, module.imported[attribute])
    inner = f"{name}.{attribute}"
    return (inner, None) if module_path(source, inner) is not None else None


def _defined(source: Path, target: Target) -> Target:
    """Where ``target`` is defined, if its module only passes it on."""
    seen: set[Target] = set()
    while target not in seen:
        seen.add(target)
        name, inside = target
        module = parse(source, name) if inside is not None else None
        if module is None or inside in module.definitions or inside not in module.imported:
            break
        target = module.imported[inside]
    return target


def _define(module: Module, statement: Definition) -> None:
    names = {statement.name, *_registered_with(module, statement)}
    for name in names:
        module.definitions.setdefault(name, []).append(statement)
    if isinstance(statement, ast.ClassDef):
        for item in statement.body:
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
                module.definitions.setdefault(f"{statement.name}.{item.name}", []).append(item)


def _registered_with(module: Module, statement: Definition) -> Iterator[str]:
    """Definitions to which a decorator like ``@definition.register`` adds ``statement``."""
    for decorator in statement.decorator_list:
        parts = chain(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if len(parts) > 1 and parts[0] in module.definitions:
            yield parts[0]


def _classify(source: Path, module: Module, statement: ast.stmt) -> None:
    bound = bindings(source, module, statement)
    module.imported |= bound.imported
    module.external |= bound.external
    if isinstance(statement, ast.Import | ast.ImportFrom) or is_docstring(statement):
        return
    if names := _assigned(statement):
        for name in names:
            module.definitions.setdefault(name, []).append(statement)
    else:
        module.definitions.setdefault(IMPORT_TIME, []).append(statement)
        module.other |= bound.other
        module.other.update(n.name for n in _walk(statement) if isinstance(n, Definition))


def _assigned(statement: ast.stmt) -> list[str]:
    if isinstance(statement, ast.Assign):
        targets = [n for t in statement.targets for n in ast.walk(t)]
        simple = all(isinstance(t, ast.Name | ast.Tuple) for t in statement.targets)
        return [n.id for n in targets if isinstance(n, ast.Name)] if simple else []
    if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
        return [statement.target.id]
    return []


def _walk(node: ast.AST) -> Iterator[Any]:
    """Every node inside, as ``ast.walk`` has them, in a third of its time."""
    queue: list[Any] = [node]
    while queue:
        current = queue.pop()
        yield current
        for name in current._fields:
            value = getattr(current, name, None)
            if isinstance(value, ast.AST):
                queue.append(value)
            elif type(value) is list:
                queue += [item for item in value if isinstance(item, ast.AST)]


def _bind_import(module: Module, statement: ast.Import) -> None:
    for alias in statement.names:
        first = alias.name.split(".")[0]
        whole = alias.name if alias.asname else first
        if is_ours(first):
            module.imported[alias.asname or first] = (whole, None)
        else:
            module.external[alias.asname or first] = whole


def _bind_from(source: Path, module: Module, statement: ast.ImportFrom) -> None:
    if statement.level:
        raise LookupError(f"{module.name}: a relative import is not followed")
    for alias in statement.names:
        name, origin = alias.asname or alias.name, f"{statement.module}.{alias.name}"
        if not is_ours(statement.module):
            module.external[name] = origin
        elif alias.name == "*":
            raise LookupError(f"{module.name}: 'import *' is not followed")
        elif module_path(source, origin) is not None:
            module.imported[name] = (origin, None)
        else:
            module.imported[name] = (str(statement.module), alias.name)
