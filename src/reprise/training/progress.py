"""Where a job tells what it is doing and how far it is; what it computes does not depend on it.

Whoever makes a node listens (``telemetry``). Without a listener all of this does nothing.
"""

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import Protocol, TypeVar, runtime_checkable

T = TypeVar("T")


@runtime_checkable
class Listener(Protocol):
    """What is told."""

    def phase(self, name: str) -> AbstractContextManager[None]:
        """What is done in the block is of this kind of work."""

    def expect(self, total: int, what: str) -> None:
        """There are ``total`` to do of ``what``."""

    def done(self, count: int) -> None:
        """``count`` more are done."""


_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Tell ``listener`` what happens in the block."""
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


def phase(name: str) -> AbstractContextManager[None]:
    """The time of the block is spent on ``name``: import, read, steps, evaluate, write or wait."""
    listener = _LISTENER.get()
    return listener.phase(name) if listener else nullcontext()


def expect(total: int, what: str) -> None:
    """Say at the head of a long computation that it has ``total`` parts, ``what`` in the plural."""
    if listener := _LISTENER.get():
        listener.expect(total, what)


def done(count: int = 1) -> None:
    """Say that ``count`` more of the parts that were expected are done."""
    if listener := _LISTENER.get():
        listener.done(count)


def counted(items: Collection[T], what: str) -> Iterator[T]:
    """``items`` one by one, each told when it is done; for the outermost loop of a job."""
    expect(len(items), what)
    for item in items:
        yield item
        done()
