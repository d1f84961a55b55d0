"""Tables of the parity network with weight decay instead of L1 (F7b of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import events
from papers.pearce2023.tables import parity, parity_summary, small_networks
from papers.pearce2023.tables import parity_measures as measures
from reprise.results import Inputs, RunResult
from reprise.specs.runs import AdamW

GENERALISED = 0.999
"""Final test accuracy of a network that generalised."""


def weights(inputs: Inputs) -> pd.DataFrame:
    """Weights of the shown member at the steps of param ``steps``, as ``tables.parity.weights``."""
    (result,) = inputs.runs.values()
    return parity.heatmaps(result, shown_member(result), [float(s) for s in inputs.params["steps"]])


def learning_curves(inputs: Inputs) -> pd.DataFrame:
    """Active neurons and distractor size of every member, at each snapshot, here and with L1.

    ``run``, ``member``, ``shown``, ``step``, ``active_neurons``, ``distractor_rms``. Takes the run
    of this figure and the one of F4-F7, which has an L1 penalty and its own rule of ``shown``.
    """
    parts = [
        _course(name, result, member, _shown(result))
        for name, result in inputs.runs.items()
        for member in result.members.index
    ]
    return pd.concat(parts, ignore_index=True)


def pattern_logits(inputs: Inputs) -> pd.DataFrame:
    """Final logits of every pattern of the relevant digits, of every member, here and with L1.

    ``run``, ``member``, ``seed``, ``shown``, ``pattern`` (the digits as a binary number), ``label``
    (its parity) and ``logit``, with every distractor 0. Takes the runs of ``learning_curves``.
    """
    parts = []
    for name, result in inputs.runs.items():
        for member in result.members.index:
            logits, labels = _patterns(result, member)
            about = {"run": name, "member": member, "seed": result.members.loc[member, "seed"]}
            own = {"pattern": range(len(logits)), "label": labels, "logit": logits}
            parts.append(pd.DataFrame({**about, "shown": member == _shown(result), **own}))
    return pd.concat(parts, ignore_index=True)


def parity_l2_summary(inputs: Inputs) -> pd.DataFrame:
    """Long form of the final weights of every member, for the claims on F7b.

    See ``small_networks.long_form``; ``generalised``: the test accuracy ends at 0.999 or more.
    """
    (result,) = inputs.runs.values()
    ends = {member: _end(result, int(str(member))) for member in result.members.index}
    wide = pd.DataFrame.from_dict(ends, orient="index").rename_axis("member")
    wide = wide.assign(generalised=_generalised(result))
    return small_networks.long_form(result, wide, shown_member(result), flag="generalised")


def shown_member(result: RunResult) -> int:
    """The first member that generalises; if none does, the first."""
    return int(_generalised(result).idxmax())


def _shown(result: RunResult) -> int:
    """The shown member by the rule of its figure: that of F4-F7 with an L1 penalty, else ours."""
    optimizer = result.spec.optimizer
    lasso = isinstance(optimizer, AdamW) and optimizer.l1 > 0
    return parity_summary.shown_member(result) if lasso else shown_member(result)


def _generalised(result: RunResult) -> pd.Series:
    accuracy = events.final(result.metrics, "test_accuracy")
    return (accuracy >= GENERALISED).astype(float)


def _course(name: str, result: RunResult, member: int, shown: int) -> pd.DataFrame:
    view, relevant = result.views[member], result.spec.task.relevant  # type: ignore[attr-defined]
    size = measures.rms(measures.distractors(view["W_input"], relevant))
    return pd.DataFrame(
        {
            "run": name,
            "member": member,
            "shown": member == shown,
            "step": result.snapshot_steps,
            "active_neurons": measures.active_neurons(view["W_input"], view["W_output"]),
            "distractor_rms": size,
        }
    )


def _final(result: RunResult, member: int) -> tuple[np.ndarray, np.ndarray]:
    """W_input [digits + 1, hidden] and W_output [hidden] at the end."""
    views = result.views[member]
    return np.asarray(views["W_input"][-1], float), np.asarray(views["W_output"][-1], float)


def _patterns(result: RunResult, member: int) -> tuple[np.ndarray, np.ndarray]:
    relevant = result.spec.task.relevant  # type: ignore[attr-defined]
    return measures.pattern_logits(*_final(result, member), relevant)


def _end(result: RunResult, member: int) -> dict[str, float]:
    relevant = result.spec.task.relevant  # type: ignore[attr-defined]
    w_input, w_output = _final(result, member)
    logits, labels = _patterns(result, member)
    sizes = np.abs(logits)
    return {
        "active_neurons_end": measures.active_neurons(w_input, w_output),
        "distractor_rms_end": measures.rms(measures.distractors(w_input, relevant)),
        "pattern_signs_right": ((logits > 0) == (labels == 1)).mean(),
        "pattern_logit_min": sizes.min(),
        "pattern_logit_max": sizes.max(),
        "pattern_logit_ratio": sizes.max() / sizes.min() if sizes.min() > 0 else np.inf,
    }
