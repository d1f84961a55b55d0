"""Named tensors of a checkpoint, checked against what a decoder needs, stacked over layers."""

from collections.abc import Callable, Iterable, Mapping
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_weights import shapes
from papers.dai2022.spec import Decoder
from reprise.specs.errors import ConfigError, suggest

Shape = tuple[int, ...]


class Source(NamedTuple):
    """A checkpoint's tensors: where they lie, their shapes, and how one is read."""

    file: str
    shapes: Mapping[str, Shape]
    read: Callable[[str], np.ndarray]
    """Name -> float32 array of the shape that ``shapes`` says."""


class Names(NamedTuple):
    """How an architecture calls a decoder's weights: ours -> theirs, ``{}`` being the layer."""

    outer: Mapping[str, str]
    layer: Mapping[str, str]
    ignored: tuple[str, ...] = ()
    """Tensors that may be there and are not read, since they repeat others."""


def network(spec: Decoder, source: Source, names: Names) -> Network:
    """The decoder of ``spec`` with the tensors of ``source``; their maps are [out, in].

    Raises:
        ConfigError: a tensor is missing, unknown, or of another shape.
    """
    if spec.vocabulary is None:
        raise ValueError("a pretrained decoder's spec names its vocabulary")
    wanted = {name: _lists(name, spec, names) for name in shapes(spec, spec.vocabulary)}
    _known(source, {name for lists in wanted.values() for name in lists} | set(names.ignored))
    weights = {}
    for name, shape in shapes(spec, spec.vocabulary).items():
        stacked = name.startswith("layers.")
        needed = shape[1:] if stacked else shape
        parts = [_part(source, theirs, needed, stacked) for theirs in wanted[name]]
        weights[name] = jnp.asarray(np.stack(parts) if stacked else parts[0])
    return Network(spec, weights)


def _lists(name: str, spec: Decoder, names: Names) -> list[str]:
    if name.startswith("layers."):
        pattern = names.layer[name.removeprefix("layers.")]
        return [pattern.format(layer) for layer in range(spec.layers)]
    return [names.outer[name]]


def _known(source: Source, wanted: Iterable[str]) -> None:
    """Refuse tensors that no weight is read from: the file says more than the network computes."""
    extra = sorted(set(source.shapes) - set(wanted))
    if extra:
        hint = suggest(extra[0], wanted)
        raise ConfigError(f"{source.file}: tensor {extra[0]!r} has no place in the model{hint}")


def _part(source: Source, name: str, needed: Shape, turned: bool) -> np.ndarray:
    """One tensor as the decoder stores it: maps of layers are [in, out] there."""
    if name not in source.shapes:
        hint = suggest(name, source.shapes)
        raise ConfigError(f"{source.file}: tensor {name!r} is missing{hint}")
    turned = turned and len(needed) == 2
    expected = needed[::-1] if turned else needed
    shape = tuple(source.shapes[name])
    if shape != expected:
        raise ConfigError(
            f"{source.file}: tensor {name!r} has shape {list(shape)}, the model needs "
            f"{list(expected)}"
        )
    array = source.read(name)
    return array.T if turned else array
