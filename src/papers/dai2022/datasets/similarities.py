"""Everything that is measured between zero-shot, in-context and finetuned passes of one batch.

Axis order of what is measured: query, layer. ``Recording`` has its own: position, layer, query, ...
"""

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from papers.dai2022.analysis.rank_correlation import example_sums, kendall
from papers.dai2022.analysis.update_similarity import simam, simam_delta, simaou, simaou_against
from papers.dai2022.models.decoder_answers import Recording

POSITIONS = ("prompt_end", "label0")
"""Where a pass is recorded: at the prompt's last token, as the paper says, or at the first label's
token after it, as its released code does."""

Measures = dict[str, Float[np.ndarray, "query layer"]]


class Passes(NamedTuple):
    """The three recordings of some queries, and the queries' lengths."""

    zsl: Recording
    icl: Recording
    ft: Recording
    lengths: Int[np.ndarray, " query"]

    def some(self, rows: np.ndarray) -> "Passes":
        """The passes of some of the queries."""
        zsl, icl, ft = (_of(recording, rows) for recording in (self.zsl, self.icl, self.ft))
        return Passes(zsl, icl, ft, self.lengths[rows])


TokenQueries = Float[np.ndarray, "layer token feature"]
"""Query vectors of the demonstrations' tokens, as finetuning saw them before each update."""


def token_queries(
    queries: Sequence[Float[np.ndarray, "layer token feature"]], lengths: Int[np.ndarray, " demo"]
) -> TokenQueries:
    """From the queries of every demonstration, whose ``lengths`` count the token before all.

    That token and padding are left out; the others come in the order of the context.
    """
    if not len(queries):
        raise ValueError("finetuning did not record the queries")
    parts = [row[:, 1:length] for row, length in zip(queries, lengths, strict=True)]
    return np.concatenate(parts, axis=1)


def similarities(passes: Passes) -> Measures:
    """SimAOU, SimAM and their published corrections: ``<measure>.<position>``."""
    measures: Measures = {}
    zsl, icl, ft = passes.zsl, passes.icl, passes.ft
    for index, position in enumerate(POSITIONS):
        hidden = icl.hidden[index], zsl.hidden[index], ft.hidden[index]
        lengths = passes.lengths + index
        own = _own_scores(passes, index)
        values = {
            "simaou": simaou(*hidden),
            "simaou_raw": simaou(*hidden, normalise=False),
            "simam_before": simam(own["icl"], own["zsl"], lengths),
            "simam_after": simam(own["icl"], own["ft"], lengths),
            "simam_delta": simam_delta(own["icl"], own["zsl"], own["ft"], lengths),
        }
        measures |= {f"{name}.{position}": value.T for name, value in values.items()}
    return measures


def random_baselines(passes: Passes, rng: np.random.Generator) -> Measures:
    """SimAOU against directions of no meaning: the paper's uniform ones, and Gaussian ones."""
    measures: Measures = {}
    for index, position in enumerate(POSITIONS):
        icl, zsl = (r.hidden[index] for r in (passes.icl, passes.zsl))
        uniform = simaou_against(icl, zsl, rng.random(icl.shape))
        gaussian = simaou_against(icl, zsl, rng.standard_normal(icl.shape))
        measures[f"simaou_random.{position}"] = uniform.T
        measures[f"simaou_gaussian.{position}"] = gaussian.T
    return measures


def token_orders(
    passes: Passes, queries: TokenQueries, examples: Int[np.ndarray, " context"]
) -> Measures:
    """Kendall's tau between attention to the demonstrations and finetuning's analogue of it.

    ``examples`` numbers the context's tokens by example, -1 for those between.
    ``kendall_examples``: the same with the weights of an example's tokens added.
    """
    measures: Measures = {}
    shown = examples >= 0
    for index, position in enumerate(POSITIONS):
        icl = _shown(passes.icl, index, shown)
        ft = weights(queries, passes.ft, index)
        by_example = [example_sums(scores, examples[shown]) for scores in (icl, ft)]
        measures[f"kendall.{position}"] = kendall(icl, ft).T
        measures[f"kendall_examples.{position}"] = kendall(*by_example).T
    return measures


def order_baselines(
    passes: Passes,
    initial_queries: TokenQueries,
    examples: Int[np.ndarray, " context"],
    rng: np.random.Generator,
) -> Measures:
    """The same tau with random weights, with a token's place alone, and without any update."""
    measures: Measures = {}
    shown = examples >= 0
    for index, position in enumerate(POSITIONS):
        icl = _shown(passes.icl, index, shown)
        others = {
            "kendall_random": rng.random(icl.shape),
            "kendall_position": np.arange(icl.shape[-1], dtype=float),
            "kendall_rate0": weights(initial_queries, passes.zsl, index),
        }
        measures |= {f"{name}.{position}": kendall(icl, x).T for name, x in others.items()}
    return measures


def weights(
    queries: TokenQueries, recording: Recording, position: int
) -> Float[np.ndarray, "layer query token"]:
    """Products of the queries' vectors with those of the demonstrations' tokens, over all heads."""
    return recording.queries[position] @ queries.swapaxes(1, 2)


def placed(
    parts: Sequence[tuple[np.ndarray, Mapping[str, np.ndarray]]],
) -> dict[str, np.ndarray]:
    """One array [query, layer] per measure from batches of (rows, measures), each row once."""
    if not parts:
        return {}
    order = np.argsort(np.concatenate([rows for rows, _ in parts]))
    return {
        name: np.concatenate([measures[name] for _, measures in parts])[order].astype(np.float32)
        for name in parts[0][1]
    }


def _shown(recording: Recording, index: int, shown: np.ndarray) -> np.ndarray:
    if recording.demo_scores is None:
        raise ValueError("the pass had no demonstrations before it")
    return recording.demo_scores[index][..., shown]


def _own_scores(passes: Passes, index: int) -> dict[str, np.ndarray]:
    """Scores [layer, head, query, token] to the query's own tokens, from its first one on."""
    columns = int(passes.lengths.max()) + 1
    starts = {"zsl": 1, "icl": 0, "ft": 1}
    return {
        name: getattr(passes, name).own_scores[index][..., start : start + columns]
        for name, start in starts.items()
    }


def _of(recording: Recording, rows: np.ndarray) -> Recording:
    demo = recording.demo_scores
    return Recording(
        recording.log_probs[rows],
        recording.hidden[:, :, rows],
        recording.own_scores[:, :, :, rows],
        None if demo is None else demo[:, :, rows],
        recording.queries[:, :, rows],
    )
