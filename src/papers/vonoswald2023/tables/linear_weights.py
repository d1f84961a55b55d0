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
from papers.vonoswald2023.tables.networks import trained
from papers.vonoswald2023.tables.products import Products, layer_products
from reprise.results import Inputs
from reprise.specs.runs import RunSpec

DECIMALS = 4
"""Of the weights of pictures."""


def weights(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``matrix`` (KQ, PV), ``layer`` and ``head`` from 1, ``row``, ``c0``, ``c1``, ...

    Entries of the first network's products, to four decimals; a row of KQ is a number of a key's
    token, a column one of a query's. Params: ``layers`` (from 1; those that there are) and
    ``slots`` of tokens that are shown, others being empty.
    """
    layers = [int(n) for n in inputs.params["layers"]]
    slots = [int(n) for n in inputs.params["slots"]]
    parts = []
    for name, result in inputs.runs.items():
        for _, spec, params, _ in trained(result)[:1]:
            size = _size(spec)
            shown = np.concatenate([np.arange(size * slot, size * (slot + 1)) for slot in slots])
            products = layer_products(spec, params)
            for matrix, arrays in _named(products):
                for layer in (n for n in layers if n <= len(arrays)):
                    parts += _rows(name, matrix, layer, arrays[layer - 1], shown)
    first = ["model", "matrix", "layer", "head", "row"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=first)


def structure(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``seed``, ``layer``, ``matrix``, ``rho``, ``gradient_share``, ``largest`` block.

    ``rho`` is the share of the squared norm, over all heads, that lies on diagonals of blocks,
    ``largest_share`` that in the largest block; ``largest`` names its row and its column by what
    slots of tokens hold, ``output`` being the first slot of what a layer writes.
    ``gradient_share`` is that in the blocks of a gradient step, key s_{t-1} and query s_t.
    """
    rows = []
    for name, result in inputs.runs.items():
        for seed, spec, params, _ in trained(result):
            for matrix, arrays in _named(layer_products(spec, params)):
                for layer, heads in enumerate(arrays, 1):
                    at = {"model": name, "seed": seed, "layer": layer, "matrix": matrix}
                    rows.append(at | _structure(heads, spec, matrix))
    columns = ["model", "seed", "layer", "matrix", *MEASURES]
    return pd.DataFrame(rows, columns=columns)


def structure_summary(inputs: Inputs) -> pd.DataFrame:
    """``model``, ``seed``, ``quantity``, ``value``: means over layers of a table of ``structure``.

    ``rho_KQ`` and ``rho_PV``, ``rho`` of both; ``gradient_share`` of KQ in the last layer.
    """
    (table,) = inputs.tables.values()
    rows = []
    for (model, seed), own in table.groupby(["model", "seed"], sort=False):
        rho = own.groupby("matrix")["rho"].mean()
        last = own[(own["layer"] == own["layer"].max()) & (own["matrix"] == "KQ")]
        found = {
            "rho_KQ": rho["KQ"],
            "rho_PV": rho["PV"],
            "rho": rho.mean(),
            "gradient_share": last["gradient_share"].mean(),
        }
        rows += [(model, seed, quantity, float(value)) for quantity, value in found.items()]
    return pd.DataFrame(rows, columns=["model", "seed", "quantity", "value"])


MEASURES = ["rho", "gradient_share", "largest", "largest_share"]


def _structure(heads: np.ndarray, spec: RunSpec, matrix: str) -> dict[str, object]:
    size, names = _size(spec), _slots(spec)
    row, column = largest_block(heads, size)
    written = ["output", *names[1:]] if matrix == "PV" else names
    shares = block_shares(heads, size)
    step = np.ix_([n == "previous" for n in names], [n == "current" for n in names])
    return {
        "rho": float(diagonal_shares(heads, size).sum()),
        "gradient_share": float(shares[step].sum()),
        "largest": f"{written[row]} x {names[column]}",
        "largest_share": float(shares[row, column]),
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
