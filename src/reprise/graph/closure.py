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

from reprise.graph.modules import (
    IMPORT_TIME,
    PACKAGES,
    Definition,
    Module,
    Target,
    bindings,
    chain,
    is_docstring,
    is_ours,
    module_path,
    parse,
    parse_text,
    resolve,
)
from reprise.storage.atomic import write_text

REFERENCES = "<references>"
"""Entry of a closure: digest of which definition every name in it stands for."""

Edge = tuple[str, str, str]
"""Digest of a definition, a name in it, and the digest of what the name stands for."""


def closure(entries: Iterable[str], root: Path | None = None) -> dict[str, str]:
    """``module:definition`` -> digest, for all that ``entries`` can reach, and ``REFERENCES``.

    An entry is ``module:function``, or ``module`` for all its definitions. The set of the digests
    is what counts; the names say where a definition stands now.

    Raises:
        LookupError: an entry does not exist, or a module imports what cannot be followed.
    """
    key = frozenset(entries)
    known = {} if root else _memory(source_root()).closures
    if key not in known:
        known[key] = _closure(root or source_root(), key)
    return dict(known[key])


def definition_digests(names: Iterable[str], root: Path | None = None) -> dict[str, str]:
    """Digest of each ``module:definition`` as it is on disk now, of those that are there."""
    source = root or source_root()
    texts: dict[str, str] = {}
    found: dict[str, str] = {}
    for name in names:
        module, _, item = name.partition(":")
        if module not in texts:
            path = module_path(source, module)
            texts[module] = path.read_text(encoding="utf-8") if path else ""
        if digest := _digest_in(source, module, texts[module], item):
            found[name] = digest
    return found


def entry_digest(entry: str, root: Path | None = None) -> str:
    """Digest of the one definition ``module:function``; raises LookupError."""
    known = {} if root else _memory(source_root()).entries
    if entry not in known:
        known[entry] = _entry_digest(root or source_root(), entry)
    return known[entry]


def _entry_digest(source: Path, entry: str) -> str:
    module, _, item = entry.partition(":")
    (name, inside), _ = resolve(source, (module, item))
    known = parse(source, name)
    if known is None or inside not in known.definitions:
        raise LookupError(f"{module} has no definition {item!r}")
    return _digest(source, name, str(inside))


@contextmanager
def remembering(file: Path) -> Iterator[None]:
    """What the block asks of the project's own sources is taken from ``file`` and kept there.

    It counts only while all sources are, byte for byte, those that it was worked out from.
    """
    memory = _memory(source_root())
    memory.read(file)
    before = memory.size
    yield
    if memory.size > before and memory.sources == _digest_of_sources(source_root()):
        with suppress(OSError):
            memory.write(file)


@dataclass
class _Memory:
    """What was worked out of sources of one digest: closures, and digests of entries."""

    sources: str
    closures: dict[frozenset[str], dict[str, str]] = field(default_factory=dict)
    entries: dict[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How much is known."""
        return len(self.closures) + len(self.entries)

    def read(self, file: Path) -> None:
        """Take what ``file`` says, if it is of these sources."""
        try:
            said = json.loads(file.read_bytes())
            if said["sources"] != self.sources:
                return
            names, digests = said["names"], said["digests"]
            closures = {
                frozenset(entries): {REFERENCES: edges} | {names[i]: digests[i] for i in places}
                for entries, places, edges in said["closures"]
            }
            entries = dict(said["entries"])
        except (OSError, ValueError, KeyError, TypeError, IndexError):
            return
        for key, found in closures.items():
            self.closures.setdefault(key, found)
        for entry, digest in entries.items():
            self.entries.setdefault(entry, digest)

    def write(self, file: Path) -> None:
        """Every definition is written once, and in closures stands its number."""
        digests = dict(sorted(pair for one in self.closures.values() for pair in one.items()))
        digests.pop(REFERENCES, None)
        numbers = {name: number for number, name in enumerate(digests)}
        closures = [
            [sorted(key), [numbers[name] for name in one if name in numbers], one[REFERENCES]]
            for key, one in self.closures.items()
        ]
        content = {
            "sources": self.sources,
            "names": list(digests),
            "digests": list(digests.values()),
            "closures": closures,
            "entries": self.entries,
        }
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


@cache
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
        text = _text(source, name, item)
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
                    yield text.digest, label, _digest(source, name, one)


def _digest(source: Path, name: str, item: str) -> str:
    return _text(source, name, item).digest


@cache
def _text(source: Path, name: str, item: str) -> "_Text":
    module = parse(source, name)
    assert module is not None
    return _Text(source, module, item)


@cache
def _digest_in(source: Path, name: str, text: str, item: str) -> str | None:
    """By the module's text, so that what was read before is not parsed again."""
    module = _parsed(source, name, text)
    return _Text(source, module, item).digest if item in module.definitions else None


_parsed = cache(parse_text)


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
            kept = (item for item in node if not is_docstring(item) and not _is_import(item))
            return "[" + ",".join(self._canonical(item) for item in kept) + "]"
        if not isinstance(node, ast.AST):
            return repr(node)
        if isinstance(node, ast.Name | ast.Attribute) and (parts := chain(node)):
            return self._chain(parts)
        if isinstance(node, Definition) and "." not in self.item:
            if isinstance(node, ast.ClassDef):
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
        if f"{node.name}.{_first_method(node)}" not in self.module.definitions:
            return node
        body: list[ast.stmt] = []
        for item in node.body:
            if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
                self.references[f"{node.name}.{item.name}"] = (
                    self.module.name,
                    f"{node.name}.{item.name}",
                )
                item = ast.Global([item.name])
            body.append(item)
        bare = copy.copy(node)
        bare.body = body
        return bare

    def _chain(self, parts: list[str]) -> str:
        """A name with its attributes: what it stands for, not what it is called here."""
        first, *rest = parts
        if first in self._imported:
            (name, item), taken = resolve(self.source, self._imported[first], rest)
            label = item or "<module>"
            rest = rest[taken:]
            self.references[self._free(label, (name, item))] = (name, item)
        elif first in self.module.definitions and first != self.item:
            label = first
            self.references[self._free(label, (self.module.name, first))] = (
                self.module.name,
                first,
            )
        else:
            label = first
            if first in self._external and first not in self._local:
                label = self._external[first]
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


def _first_method(node: ast.ClassDef) -> str | None:
    methods = (
        item.name for item in node.body if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
    )
    return next(methods, None)


def _is_import(node: object) -> bool:
    """Whether ``node`` imports from this project only; the names it binds are followed."""
    if isinstance(node, ast.ImportFrom):
        return is_ours(node.module)
    return isinstance(node, ast.Import) and all(is_ours(alias.name) for alias in node.names)


def _without_wording(call: ast.Call) -> ast.Call:
    """The construction of an error without its sentences."""
    said = (ast.JoinedStr, ast.BinOp)
    kept = [
        argument
        for argument in call.args
        if not isinstance(argument, said)
        and not (isinstance(argument, ast.Constant) and isinstance(argument.value, str))
    ]
    return ast.Call(call.func, kept, call.keywords)
