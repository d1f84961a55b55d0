"""The code that a node can reach, definition by definition, free of layout, comments and places.

From an entry the names it uses are followed through the project's packages. A digest says what a
definition does: docstrings, the wording of errors, the modules that names come from and the names
they are given on import do not count. A definition that moves keeps its digest. Whatever cannot be
followed by name counts in full: statements that run at import time, and modules used as values.
"""

import ast
import copy
import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any

from reprise.storage.atomic import write_text

REFERENCES = "<references>"
"""Entry of a closure: digest of which definition every name in it stands for."""

Edge = tuple[str, str, str]
"""Digest of a definition, a name in it, and the digest of what the name stands for."""
PACKAGES = ("reprise", "papers")
"""The packages below ``src`` whose code is followed; others are named by what is imported."""
IMPORT_TIME = "<import>"
"""Stands for the statements of a module that run when it is imported."""

Target = tuple[str, str | None]
"""A module and a name in it; without a name, the whole module."""
Function = ast.FunctionDef | ast.AsyncFunctionDef
Definition = Function | ast.ClassDef


@dataclass(eq=False)
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


def closure(entries: Iterable[str]) -> dict[str, str]:
    """``module:definition`` -> digest, for all that ``entries`` can reach, and ``REFERENCES``.

    An entry is ``module:function``, or ``module`` for all its definitions. LookupError: it does not
    exist, or a module imports what cannot be followed.
    """
    key, known = frozenset(entries), _memory(source_root()).closures
    if key not in known:
        known[key] = _closure(source_root(), key)
    return dict(known[key])


def definition_digests(names: Iterable[str]) -> dict[str, str]:
    """Digest of each ``module:definition`` as it is on disk now, of those that are there."""
    source = source_root()
    found: dict[str, str] = {}
    texts: dict[str, str] = {}
    for name in names:
        module, _, item = name.partition(":")
        if module not in texts:
            path = module_path(source, module)
            texts[module] = path.read_text(encoding="utf-8") if path else ""
        # By the text, so that what was read before is not parsed again.
        parsed = _parse_text(source, module, texts[module])
        if item in parsed.definitions:
            found[name] = _text(source, parsed, item).digest
    return found


def entry_digest(entry: str) -> str:
    """Digest of the one definition ``module:function``; raises LookupError."""
    source, (module, _, item) = source_root(), entry.partition(":")
    (name, inside), _ = resolve(source, (module, item))
    known = parse(source, name)
    if known is None or inside not in known.definitions:
        raise LookupError(f"{module} has no definition {item!r}")
    return _text(source, known, str(inside)).digest


@contextmanager
def remembering(file: Path) -> Iterator[None]:
    """Closures that the block asks for are taken from ``file`` and kept there.

    It counts only while all sources are, byte for byte, those that it was worked out from.
    """
    memory = _memory(source_root())
    memory.read(file)
    before = len(memory.closures)
    yield
    if len(memory.closures) > before and memory.sources == _digest_of_sources(source_root()):
        with suppress(OSError):
            memory.write(file)


@dataclass
class _Memory:
    """The closures of entries, worked out of sources of one digest."""

    sources: str
    closures: dict[frozenset[str], dict[str, str]] = field(default_factory=dict)

    def read(self, file: Path) -> None:
        """Take what ``file`` says, if it is of these sources."""
        with suppress(OSError, ValueError, KeyError, TypeError, IndexError):
            said = json.loads(file.read_bytes())
            if said["sources"] == self.sources:
                code = list(said["code"].items())
                found = {
                    frozenset(entries): {REFERENCES: edges} | dict(code[i] for i in places)
                    for entries, places, edges in said["closures"]
                }
                self.closures = found | self.closures

    def write(self, file: Path) -> None:
        """Every definition is written once, and in closures stands its number."""
        code = dict(sorted(pair for one in self.closures.values() for pair in one.items()))
        code.pop(REFERENCES, None)
        numbers = {name: number for number, name in enumerate(code)}
        closures = [
            [sorted(key), [numbers[name] for name in one if name in numbers], one[REFERENCES]]
            for key, one in self.closures.items()
        ]
        content = {"sources": self.sources, "code": code, "closures": closures}
        write_text(file, json.dumps(content, separators=(",", ":")), durable=False)


def _digest_of_sources(source: Path) -> str:
    """Of the names and contents of all files that can be followed."""
    whole = hashlib.sha256()
    for package in PACKAGES:
        for path in sorted((source / package).rglob("*.py")):
            content = path.read_bytes()
            whole.update(f"{path.relative_to(source)} {len(content)}\n".encode() + content)
    return whole.hexdigest()


@cache
def _memory(source: Path) -> _Memory:
    return _Memory(_digest_of_sources(source))


@cache
def source_root() -> Path:
    """The folder that holds the project's packages."""
    return Path(str(resources.files("reprise"))).parent


def _closure(source: Path, entries: frozenset[str]) -> dict[str, str]:
    found: dict[str, str] = {}
    edges: set[Edge] = set()
    seen: set[Target] = set()
    queue: list[Target] = [
        (module, name or None) for module, _, name in (e.partition(":") for e in entries)
    ]
    while queue:
        target = queue.pop()
        if target not in seen:
            seen.add(target)
            digests, used, reached = _visit(source, target)
            found |= digests
            edges |= used
            queue += reached
    text = "\n".join(map(" ".join, sorted(edges)))
    found[REFERENCES] = hashlib.sha256(text.encode()).hexdigest()
    return dict(sorted(found.items()))


@cache
def _visit(
    source: Path, target: Target
) -> tuple[dict[str, str], frozenset[Edge], tuple[Target, ...]]:
    """Digests of what ``target`` stands for, the edges from it, and the targets they lead to."""
    name, definition = target
    module = parse(source, name)
    if module is None:
        raise LookupError(f"module {name} does not exist")
    queue: list[Target] = [(name.rpartition(".")[0], IMPORT_TIME)] if "." in name else []
    found: dict[str, str] = {}
    edges: set[Edge] = set()
    for item in _items(source, module, definition, queue):
        text = _text(source, module, item)
        found[f"{name}:{item}"] = text.digest
        edges |= set(_edges(source, text))
        queue += text.references.values()
    return found, frozenset(edges), tuple(dict.fromkeys(queue))


def _items(source: Path, module: Module, name: str | None, queue: list[Target]) -> list[str]:
    """The definitions of ``module`` that ``name`` stands for; what it passes on joins ``queue``."""
    if name is None:
        return list(module.definitions)
    here = [IMPORT_TIME] if IMPORT_TIME in module.definitions else []
    if name in module.definitions:
        return list(dict.fromkeys([*module.members(name), *here]))
    if name in module.imported:
        queue.append(module.imported[name])
    elif name != IMPORT_TIME and name not in module.other and name not in module.external:
        raise LookupError(f"{module.name} has no definition {name!r}")
    return here


def _edges(source: Path, text: "_Text") -> Iterator[Edge]:
    for label, (name, item) in text.references.items():
        module = parse(source, name)
        if module is not None:
            items = [item] if item else list(module.definitions)
            for one in items:
                if one in module.definitions:
                    yield text.digest, label, _text(source, module, one).digest


@cache
def _text(source: Path, module: Module, item: str) -> "_Text":
    return _Text(source, module, item)


class _Text:
    """One definition in canonical form: its digest, and what it refers to by the names it uses."""

    def __init__(self, source: Path, module: Module, item: str) -> None:
        self.source = source
        self.module = module
        self.item = item
        self.references: dict[str, Target] = {}
        self._imported = dict(module.imported)
        self._external = dict(module.external)
        self._local: set[str] = set()
        statements = module.definitions[item]
        for statement in statements:
            inner = bindings(source, module, statement)
            self._imported |= inner.imported
            self._external |= inner.external
            self._local |= inner.other
        text = "\n".join(self._canonical(statement) for statement in statements)
        self.digest = hashlib.sha256(text.encode()).hexdigest()

    def _canonical(self, node: object) -> str:
        """Text of a syntax tree, the same for every layout, docstring, place and Python version."""
        if isinstance(node, list):
            items = (item for item in node if not is_docstring(item) and not _is_import(item))
            return "[" + ",".join(self._canonical(item) for item in items) + "]"
        if not isinstance(node, ast.AST):
            return repr(node)
        if isinstance(node, ast.Name | ast.Attribute) and (parts := chain(node)):
            return self._chain(parts)
        if isinstance(node, ast.ClassDef) and "." not in self.item:
            node = self._without_methods(node)
        elif isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            node = ast.Raise(_without_wording(node.exc), node.cause)
        elif isinstance(node, ast.Assert):
            node = ast.Assert(node.test)
        fields = []
        for name in node._fields:
            value = getattr(node, name, None)
            if value is not None and value != [] and name not in ("kind", "type_comment", "ctx"):
                fields.append(f"{name}={self._canonical(value)}")
        return f"{type(node).__name__}({','.join(fields)})"

    def _without_methods(self, node: ast.ClassDef) -> ast.ClassDef:
        """The class with only the names of its methods, which are definitions of their own."""
        bare = copy.copy(node)
        bare.body = []
        for item in node.body:
            method = f"{node.name}.{item.name}" if isinstance(item, Function) else ""
            if isinstance(item, Function) and method in self.module.definitions:
                self.references[method] = (self.module.name, method)
                item = ast.Global([item.name])
            bare.body.append(item)
        return bare

    def _chain(self, parts: list[str]) -> str:
        """A name with its attributes: what it stands for, not what it is called here."""
        first, *rest = parts
        label, target = first, None
        if first in self._imported:
            target, taken = resolve(self.source, self._imported[first], rest)
            label, rest = target[1] or "<module>", rest[taken:]
        elif first in self.module.definitions and first != self.item:
            target = (self.module.name, first)
        elif first in self._external and first not in self._local:
            label = self._external[first]
        if target:
            self.references[self._free(label, target)] = target
        if first in self._local and first in {**self._imported, **self.module.definitions}:
            label, rest = first, parts[1:]
        return ".".join(["@" + label, *rest])

    def _free(self, label: str, target: Target) -> str:
        """``label``, numbered where it stands for another target already."""
        number, name = 1, label
        while self.references.get(name, target) != target:
            number += 1
            name = f"{label}#{number}"
        return name


def _is_import(node: object) -> bool:
    """Whether ``node`` imports from this project only; the names it binds are followed."""
    if isinstance(node, ast.ImportFrom):
        return is_ours(node.module)
    return isinstance(node, ast.Import) and all(is_ours(alias.name) for alias in node.names)


def _without_wording(call: ast.Call) -> ast.Call:
    """The construction of an error without its sentences."""

    def said(node: ast.expr) -> bool:
        text = isinstance(node, ast.Constant) and isinstance(node.value, str)
        return text or isinstance(node, ast.JoinedStr | ast.BinOp)

    return ast.Call(call.func, [node for node in call.args if not said(node)], call.keywords)


@cache
def parse(source: Path, name: str) -> Module | None:
    """The module ``name``, None without a file; LookupError: it imports ``*`` or relatively."""
    path = module_path(source, name)
    return _parse_text(source, name, path.read_text(encoding="utf-8")) if path else None


@cache
def _parse_text(source: Path, name: str, text: str) -> Module:
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
            for alias in inner.names:
                whole = alias.name if alias.asname else alias.name.split(".")[0]
                if is_ours(alias.name):
                    found.imported[alias.asname or whole] = (whole, None)
                else:
                    found.external[alias.asname or whole] = whole
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
    names = {statement.name}
    for decorator in statement.decorator_list:
        # ``@definition.register`` and its like add to a definition.
        parts = chain(decorator.func if isinstance(decorator, ast.Call) else decorator)
        if len(parts) > 1 and parts[0] in module.definitions:
            names.add(parts[0])
    for name in names:
        module.definitions.setdefault(name, []).append(statement)
    if isinstance(statement, ast.ClassDef):
        for item in statement.body:
            if isinstance(item, Function):
                module.definitions.setdefault(f"{statement.name}.{item.name}", []).append(item)


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
