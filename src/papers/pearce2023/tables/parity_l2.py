"""Tables of the parity network with weight decay instead of L1 (F7b of Pearce et al. 2023)."""

import numpy as np
import pandas as pd

from papers.pearce2023.analysis import events
from papers.pearce2023.tables import parity, parity_summary
from papers.pearce2023.tables import parity_measures as measures
from reprise.results import Inputs, RunResult
from reprise.specs.optimizers import AdamW


def weights(inputs: Inputs) -> pd.DataFrame:
    """Weights of the shown member at the steps of param ``steps``, as ``tables.parity.weights``."""
    (result,) = inputs.runs.values()
    return parity.heatmaps(result, shown_member(result), [float(s) for s in inputs.params["steps"]])


def learning_curves(inputs: Inputs) -> pd.DataFrame:
    """Active neurons and distractor size of every member, at each snapshot, here and with L1.

    ``run``, ``member``, ``shown``, ``step``, ``active_neurons``, ``distractor_rms``. Takes the run
    of this figure and the one of F4-F7, which has an L1 penalty and its own rule of ``shown``.
    """
    parts = []
    for name, result in inputs.runs.items():
        optimizer = result.spec.optimizer
        lasso = isinstance(optimizer, AdamW) and optimizer.l1 > 0
        rule = parity_summary.shown_member if lasso else shown_member
        parts += [_course(name, result, member, rule(result)) for member in result.members.index]
    return pd.concat(parts, ignore_index=True)


def parity_l2_summary(inputs: Inputs) -> pd.DataFrame:
    """Long form ``quantity``, ``member``, ``seed``, ``shown``, ``value`` for the claims on F7b."""
    (result,) = inputs.runs.values()
    accuracy = events.final(result.metrics, "test_accuracy")
    rows = []
    for member, seed in result.members["seed"].items():
        values = {"final_test_accuracy": accuracy[member], **_end(result, int(str(member)))}
        shown = member == shown_member(result)
        rows += [(name, member, seed, shown, float(value)) for name, value in values.items()]
    table = pd.DataFrame(rows, columns=["quantity", "member", "seed", "shown", "value"])
    return table.sort_values(["quantity", "member"], ignore_index=True)


def shown_member(result: RunResult) -> int:
    """The first member whose test accuracy ends at .999 or more; the first one where none does."""
    accuracy = events.final(result.metrics, "test_accuracy")
    return int(accuracy.index[int((accuracy >= 0.999).to_numpy().argmax())])


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


def _end(result: RunResult, member: int) -> dict[str, float]:
    relevant = result.spec.task.relevant  # type: ignore[attr-defined]
    w_input, w_output = (
        np.asarray(result.views[member][name][-1], float) for name in ("W_input", "W_output")
    )
    logits, labels = measures.pattern_logits(w_input, w_output, relevant)
    return {
        "active_neurons_end": measures.active_neurons(w_input, w_output),
        "distractor_rms_end": measures.rms(measures.distractors(w_input, relevant)),
        "pattern_signs_right": ((logits > 0) == (labels == 1)).mean(),
        "pattern_logit_min": np.abs(logits).min(),
        "pattern_logit_max": np.abs(logits).max(),
    }
