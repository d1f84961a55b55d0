"""Compare two contents of one output by what they are: tables, arrays, pictures, other bytes."""

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load

from reprise.provenance.comparison import (
    IDENTICAL,
    Difference,
    Tolerance,
    largest,
    magnitudes,
    within,
)
from reprise.provenance.pictures import compare_png, compare_svg
from reprise.provenance.tables import compare_tables


def compare(name: str, before: bytes, after: bytes, tolerance: Tolerance) -> Difference:
    """How ``before`` and ``after``, two contents of the file ``name``, compare."""
    if before == after:
        return IDENTICAL
    if name.endswith(".csv"):
        return compare_tables(before, after, tolerance)
    if name.endswith(".safetensors"):
        return compare_tensors(before, after, tolerance)
    if name.endswith(".svg"):
        return compare_svg(before, after)
    if name.endswith(".png"):
        return compare_png(before, after)
    return Difference("differs", ("other bytes",))


def compare_tensors(before: bytes, after: bytes, tolerance: Tolerance) -> Difference:
    """Compare two safetensors files element by element; NaN equals NaN."""
    if before == after:
        return IDENTICAL
    try:
        old, new = load(before), load(after)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        return Difference("differs", (f"not arrays of ours: {error}",))
    notes = [f"array {name} is gone" for name in old if name not in new]
    notes += [f"array {name} is new" for name in new if name not in old]
    common = sorted(set(old) & set(new))
    for name in common:
        kinds = [f"{array.dtype} {list(array.shape)}" for array in (old[name], new[name])]
        if kinds[0] != kinds[1]:
            notes.append(f"array {name}: {kinds[0]} became {kinds[1]}")
    same = [name for name in common if old[name].shape == new[name].shape]
    return _summary({name: _apart(old[name], new[name]) for name in same}, notes, tolerance)


def _apart(old: np.ndarray, new: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    absolute, relative = magnitudes(old.astype(float).ravel(), new.astype(float).ravel())
    if old.dtype.kind in "iu":
        # Integers beyond 2**53 are rounded by float64.
        rounded = (old != new).ravel() & (absolute == 0)
        absolute = np.where(rounded, 1.0, absolute)
        relative = np.where(rounded, np.finfo(float).eps, relative)
    return absolute, relative


def _summary(
    apart: dict[str, tuple[np.ndarray, np.ndarray]], notes: list[str], tolerance: Tolerance
) -> Difference:
    far = {name: ~within(*pair, tolerance) for name, pair in apart.items()}
    differs = bool(notes) or any(mask.any() for mask in far.values())
    if not any(mask.any() for mask in far.values()):
        far = {name: relative != 0 for name, (_, relative) in apart.items()}
    cells = sum(int(mask.sum()) for mask in far.values())
    if not cells and not notes:
        notes = ["the same arrays, stored differently"]
    changed = [pair for pair in apart.values() if (pair[1] != 0).any()]
    return Difference(
        status="differs" if differs else "equal",
        notes=tuple(notes),
        cells=cells,
        columns=tuple(name for name, mask in far.items() if mask.any()),
        largest_absolute=largest([absolute for absolute, _ in changed]),
        largest_relative=largest([relative for _, relative in changed]),
    )
