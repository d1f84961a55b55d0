"""The same measures where something is missing that the paper's account needs.

Each control replaces one thing: the labels that one side saw, the task of the other, the update,
the context, the network. What is left of a similarity then is not due to what was replaced.
"""

from collections.abc import Callable, Sequence

import numpy as np

from papers.dai2022.altered import random_update, untrained
from papers.dai2022.comparisons import Taught, placed, similarities, token_orders
from papers.dai2022.models.decoder_answers import Finetuned, read_prefix
from papers.dai2022.protocol import demonstrations, log_probs, sequences
from papers.dai2022.settings import Settings, paired, passes
from papers.dai2022.world import Control, World
from reprise.specs.errors import ConfigError, suggest


def controls(
    world: World, count: int, comparisons: Sequence[str], orders: int
) -> dict[str, np.ndarray]:
    """Every comparison's answers and similarities, on the first ``count`` queries.

    ``labels`` [query]; ``<comparison>.<measure>.<position>`` [query, layer], ``<comparison>.icl``
    and ``.ft`` [query, class]; ``order.icl`` and ``order.ft`` [order, query, class] after the same
    demonstrations in ``orders`` other orders.
    """
    found: dict[str, np.ndarray] = {"labels": world.prompts["query_labels"][:count]}
    for name in comparisons:
        measured = _measured(world, COMPARISONS[name](world), count)
        found |= {f"{name}.{key}": values for key, values in measured.items()}
    return found | _orders(world, orders, count)


def _measured(world: World, control: Control, count: int) -> dict[str, np.ndarray]:
    examples = world.shown.examples()
    parts, answered = [], []
    for zero_shot, in_context in paired(world.prompts, 0, count):
        recorded, answers = passes(
            world.prompts, control.settings, zero_shot, in_context, world.reader
        )
        values = similarities(recorded)
        if control.learned is not None:
            values |= token_orders(recorded, control.learned, examples)
        parts.append((zero_shot.rows, values))
        answered.append((zero_shot.rows, answers))
    answers = placed(answered, count)
    return placed(parts, count) | {
        "icl": answers["icl.log_probs"],
        "ft": answers["ft.log_probs"],
    }


def _orders(world: World, orders: int, count: int) -> dict[str, np.ndarray]:
    """Answers after the same demonstrations in other orders (C9)."""
    if not orders:
        return {}
    rng, candidates = world.rng("orders"), world.prompts["label_tokens"]
    alone, after = (sequences(world.prompts, "queries", side, count) for side in (False, True))
    icl, ft = [], []
    for _ in range(orders):
        shown = world.shown.reordered(rng.permutation(len(world.shown.lengths)))
        prefix = read_prefix(world.module, shown.context())
        icl.append(log_probs(world.module, after, candidates, prefix))
        tuned = world.finetuned(world.module, shown, queries=False)
        ft.append(log_probs(tuned.module, alone, candidates))
    return {"order.icl": np.stack(icl), "order.ft": np.stack(ft)}


def _main(world: World) -> Control:
    return _against(world, world.tuned)


def _shuffled_ft(world: World) -> Control:
    return _against(world, world.finetuned(world.module, world.wrong))


def _ascent(world: World) -> Control:
    return _against(world, world.finetuned(world.module, world.shown, rate=-world.rate))


def _rate0(world: World) -> Control:
    return _against(world, world.untuned)


def _layer_causal(world: World) -> Control:
    return _against(world, world.finetuned(world.module, world.shown, layer_causal=True))


def _random_update(world: World) -> Control:
    moved = random_update(world.module, world.tuned.module, world.rng("update"))
    return Control(Settings(world.module, moved, world.prefix, world.module))


def _shuffled_icl(world: World) -> Control:
    return _in_context(world, world.wrong.context(), world.learned(world.tuned))


def _cross_task(world: World) -> Control:
    return _in_context(world, demonstrations(world.other, 0).context())


def _unrelated(world: World) -> Control:
    """Running text as long as the demonstrations (C6)."""
    length = len(world.shown.context())
    text = np.concatenate([[world.shown.bos], world.prompts["unrelated"]])[:length]
    return _in_context(world, text.astype(np.int32))


def _untrained(world: World) -> Control:
    return _redrawn(world, keep_embeddings=True)


def _untrained_norms(world: World) -> Control:
    return _redrawn(world, keep_embeddings=False)


COMPARISONS: dict[str, Callable[[World], Control]] = {
    "main": _main,
    "shuffled_ft": _shuffled_ft,
    "shuffled_icl": _shuffled_icl,
    "cross_task": _cross_task,
    "random_update": _random_update,
    "ascent": _ascent,
    "rate0": _rate0,
    "unrelated": _unrelated,
    "layer_causal": _layer_causal,
    "untrained": _untrained,
    "untrained_norms": _untrained_norms,
}


def check_comparisons(names: Sequence[str]) -> None:
    """Raises ConfigError where one of ``names`` is no comparison."""
    for name in names:
        if name not in COMPARISONS:
            raise ConfigError(f"params.comparisons: {name!r}{suggest(str(name), COMPARISONS)}")


def _against(world: World, tuned: Finetuned) -> Control:
    """In-context learning as it is, and another finetuned network."""
    settings = Settings(world.module, tuned.module, world.prefix, world.module)
    return Control(settings, world.learned(tuned))


def _in_context(world: World, context: np.ndarray, learned: Taught | None = None) -> Control:
    """Another context, and finetuning as it is."""
    prefix = read_prefix(world.module, context)
    return Control(Settings(world.module, world.tuned.module, prefix, world.module), learned)


def _redrawn(world: World, keep_embeddings: bool) -> Control:
    module = untrained(world.module, world.rng(f"untrained {keep_embeddings}"), keep_embeddings)
    tuned = world.finetuned(module, world.shown)
    prefix = read_prefix(module, world.shown.context())
    return Control(Settings(module, tuned.module, prefix, module), world.learned(tuned))
