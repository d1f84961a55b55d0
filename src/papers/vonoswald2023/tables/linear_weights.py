"""Weight products of linear networks and how much of them is structure (Figs 3B, 9, 11D, 12D)."""

from collections.abc import Sequence

import numpy as np
import pandas as pd

from papers.vonoswald2023.analysis.block_structure import (
    block_shares,
    diagonal_shares,
    largest_block,
)
from papers.vonoswald2023.spec import SLOTS
from papers.vonoswald2023.tables.products import Products, layer_products
from reprise.results import Inputs, finished, member_spec
from reprise.specs.runs import RunSpec

DECIMALS = 4
"""Of the weights of pictures."""


def weights(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``matrix`` (KQ, PV), ``layer`` and ``head`` from 1, ``row``, ``c0``, ``c1``, ...

    Entries of the first member's products, to four decimals; a row of KQ is a number of a key's
    token, a column one of a query's. Params: ``layers`` (from 1; those that there are) and
    ``slots`` of tokens that are shown, others being empty.
    """
    layers = [int(n) for n in inputs.params["layers"]]
    slots = [int(n) for n in inputs.params["slots"]]
    parts = []
    for name, result in inputs.runs.items():
        for member in finished(result)[:1]:
            spec = member_spec(result, member)
            size = _size(spec)
            shown = np.concatenate([np.arange(size * slot, size * (slot + 1)) for slot in slots])
            products = layer_products(spec, result.params[member])
            for matrix, arrays in _named(products):
                for layer in (n for n in layers if n <= len(arrays)):
                    parts += _rows(name, matrix, layer, arrays[layer - 1], shown)
    first = ["model", "matrix", "layer", "head", "row"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=first)


def structure(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``member``, ``layer``, ``matrix``, ``rho``, and the ``largest`` block.

    ``rho`` is the share of the squared norm, over all heads, that lies on diagonals of blocks,
    ``largest_share`` that in the largest block; ``largest`` names its row and its column by what
    slots of tokens hold, ``output`` being the first slot of what a layer writes.
    """
    rows = []
    for name, result in inputs.runs.items():
        for member in finished(result):
            spec = member_spec(result, member)
            products = layer_products(spec, result.params[member])
            for matrix, arrays in _named(products):
                for layer, heads in enumerate(arrays, 1):
                    at = {"model": name, "member": member, "layer": layer, "matrix": matrix}
                    rows.append(at | _structure(heads, spec, matrix))
    columns = ["model", "member", "layer", "matrix", "rho", "largest", "largest_share"]
    return pd.DataFrame(rows, columns=columns)


def structure_summary(inputs: Inputs) -> pd.DataFrame:
    """``source`` (the run), ``quantity``, ``value``: means over members, and for KQ over layers.

    ``rho_KQ`` and ``rho_PV``, ``rho`` of both; ``gradient_blocks``: the share of members whose
    largest block of KQ, in the last layer, is that of a gradient step, key s_{t-1} and query s_t.
    """
    (table,) = inputs.tables.values()
    rows = []
    for model, own in table.groupby("model", sort=False):
        rho = own.groupby("matrix")["rho"].mean()
        last = own[(own["layer"] == own["layer"].max()) & (own["matrix"] == "KQ")]
        found = {
            "rho_KQ": rho["KQ"],
            "rho_PV": rho["PV"],
            "rho": rho.mean(),
            "gradient_blocks": (last["largest"] == GRADIENT_BLOCK).mean(),
        }
        rows += [(model, quantity, float(value)) for quantity, value in found.items()]
    return pd.DataFrame(rows, columns=["source", "quantity", "value"])


GRADIENT_BLOCK = "previous x current"


def _structure(heads: np.ndarray, spec: RunSpec, matrix: str) -> dict[str, object]:
    size, names = _size(spec), _slots(spec)
    row, column = largest_block(heads, size)
    written = ["output", *names[1:]] if matrix == "PV" else names
    return {
        "rho": float(diagonal_shares(heads, size).sum()),
        "largest": f"{written[row]} x {names[column]}",
        "largest_share": float(block_shares(heads, size)[row, column]),
    }


def _rows(
    name: str, matrix: str, layer: int, heads: np.ndarray, shown: np.ndarray
) -> list[pd.DataFrame]:
    found = []
    columns = [f"c{number}" for number in range(len(shown))]
    for head, product in enumerate(heads, 1):
        part = pd.DataFrame(product[np.ix_(shown, shown)].round(DECIMALS), columns=columns)
        part.insert(0, "row", np.arange(len(shown)))
        for place, value in enumerate((name, matrix, layer, head)):
            part.insert(place, ("model", "matrix", "layer", "head")[place], value)
        found.append(part)
    return found


def _named(products: Products) -> Sequence[tuple[str, np.ndarray]]:
    return (("KQ", products.kq), ("PV", products.pv))


def _size(spec: RunSpec) -> int:
    return int(getattr(spec.task, "target_dims", 0))


def _slots(spec: RunSpec) -> list[str]:
    return list(SLOTS[str(getattr(spec.task, "tokens", "plain"))])
