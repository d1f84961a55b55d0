"""Which demonstrations and which rate are chosen: rules that rounding does not turn.

Both are chosen on questions that are not reported. At high rates finetuning amplifies rounding
until networks that began alike have nothing in common; what such a rate answers is chance, and
another processor's is another chance. So every rate is probed with weights that differ in their
last bits.
"""

import jax.numpy as jnp
import numpy as np
from jaxtyping import Bool, Float

from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_answers import replaced, trained

STABLE = 0.01
"""Largest difference of two updates over the update where rounding is not amplified. Observed on
two tasks: 0.0014 and less where another processor answered alike, 0.02 to 0.8 where it did not."""


def most_accurate(right: Bool[np.ndarray, "choice question"]) -> int:
    """The choice that is right most often, the first of equals."""
    return int(right.sum(axis=-1).argmax())


def stable(rounding: Float[np.ndarray, " rate"]) -> Bool[np.ndarray, " rate"]:
    """Whether neither this rate nor a lower one amplifies rounding; rates ascend."""
    return np.logical_and.accumulate(rounding <= STABLE)


def chosen_rate(
    right: Bool[np.ndarray, "draw rate question"], rounding: Float[np.ndarray, " rate"]
) -> int:
    """The highest stable rate within one standard error of the most accurate stable one.

    The highest, because the lowest of such rates leaves a network nearly as it was: as accurate,
    and with nothing to compare. Rates ascend. Accuracies are means over draws of demonstrations,
    and the error is that of the best rate's accuracy over questions; that of a difference between
    rates would be as small as they are alike, and a few answers would turn the choice. Where no
    rate is stable it is the lowest.
    """
    accuracy = right.mean(axis=(0, 2))[stable(rounding)]
    if not accuracy.size:
        return 0
    best = accuracy.argmax()
    answers = right[:, best].mean(axis=0)
    error = answers.std(ddof=1) / np.sqrt(len(answers))
    return int(np.flatnonzero(accuracy >= accuracy[best] - error)[-1])


def last_bits(module: Network, rng: np.random.Generator) -> Network:
    """``module`` with the last bits of all weights that finetuning changes drawn anew."""
    step = float(np.finfo(np.float32).eps)
    return replaced(
        module,
        {
            name: value * jnp.asarray(1 + step * rng.integers(-1, 2, value.shape), value.dtype)
            for name, value in trained(module).items()
        },
    )


def rounding_share(start: Network, one: Network, other: Network) -> float:
    """Length of the difference between two networks' weights over that of the update to ``one``."""
    before, first, second = (trained(module) for module in (start, one, other))
    apart = sum(float(((first[name] - second[name]) ** 2).sum()) for name in before)
    update = sum(float(((first[name] - before[name]) ** 2).sum()) for name in before)
    return float(np.sqrt(apart / update)) if np.isfinite(apart + update) and update else np.inf
