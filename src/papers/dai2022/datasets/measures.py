"""Zero-shot, in-context and finetuned passes over one task's queries, at every rate, and controls.

One node, because all of it shares networks and passes: the demonstrations are read once, a step of
finetuning serves all rates, and the queries' passes of the main comparison serve the controls.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from papers.dai2022.analysis.label_answers import right
from papers.dai2022.datasets.choices import (
    chosen_rate,
    last_bits,
    most_accurate,
    rounding_share,
    stable,
)
from papers.dai2022.datasets.controls import check_comparisons, controls
from papers.dai2022.datasets.experiment import Experiment, compared, generator, queries_of
from papers.dai2022.datasets.model_and_texts import model
from papers.dai2022.datasets.passes import Questions, Recordings
from papers.dai2022.datasets.sequences import (
    Arrays,
    Demonstrations,
    batches,
    demonstrations,
    log_probs,
    sequences,
)
from papers.dai2022.datasets.similarities import (
    Measures,
    order_baselines,
    placed,
    random_baselines,
)
from papers.dai2022.models.decoder import Network
from papers.dai2022.models.decoder_answers import Prefix, finetune, read_prefix, untuned
from reprise.results import Inputs
from reprise.specs.errors import ConfigError
from reprise.training.progress import done, expect

OVER_RATES = ("simaou", "simam_after", "simam_delta", "kendall")
"""Measures that are kept of every rate, at the published position."""

CONTROLS = 6
"""How many parts of a job's time controls are: a rate's reading, or its finetuning, is two."""

Answers = dict[str, np.ndarray]


def measures(inputs: Inputs) -> Answers:
    """Answers and similarities of every query, after demonstrations in several orders.

    ``<setting>.log_probs`` [query, class] for zsl, [order, query, class] for icl and ft, and
    ``.free`` the same after prompts without content; ``icl_second.log_probs`` [query, class] with
    the next seed's demonstrations; ``main.<measure>.<position>`` [order, query, layer], those of
    token orders for the first queries alone. At every rate, in the first order: ``rates.ft`` [rate,
    order, query, class] and ``rates.<measure>`` [rate, order, query, layer]. What was chosen and by
    what: ``selection.*`` (see ``_selected``). What ``controls`` finds: ``controls.*``.

    Params: ``task``, ``learning_rates`` (ascending), ``orders``, ``kendall_queries``, ``seed``;
    ``control_queries`` and ``comparisons`` of the controls, and ``other``, the task of cross_task.

    Raises:
        ConfigError: there is no such comparison, rates do not ascend, or the network reads fewer
            tokens at once than the prompts have.
    """
    check_comparisons(inputs.params["comparisons"])
    study = _study(inputs)
    check_context(study.module, study.prompts, study.task)
    expect(7 * len(study.rates) + 4 * study.turns + CONTROLS, "parts of about equal length")
    rng = generator(study.seed, f"{study.task} orders")
    turns = [rng.permutation(len(study.chosen.lengths)) for _ in range(study.turns)]
    first = study.order(study.chosen, study.rates)
    second = demonstrations(study.prompts, (study.seed_index + 1) % len(study.prompts["seeds"]))
    selected = _selected(study, second, first.tuned)
    rate = int(selected["rate_index"])
    chosen = study.rates[rate : rate + 1]
    others = [study.order(study.chosen.reordered(turn), chosen) for turn in turns]
    experiment = Experiment(
        task=study.task,
        module=study.module,
        questions=study.questions,
        demos=first.demos,
        prefix=first.prefix,
        rate=float(study.rates[rate]),
        tuned=first.tuned[rate],
        zsl=study.zsl,
        icl=first.icl,
        ft=first.ft[rate],
        other=inputs.datasets[f"prompts_{inputs.params['other']}"],
        seed=study.seed,
    )
    altered = controls(experiment, inputs.params["comparisons"], study.ranked)
    done(CONTROLS)
    second_prefix = read_prefix(study.module, second.context())
    return {
        "labels": study.prompts["query_labels"],
        "query_lengths": study.prompts["query_lengths"],
        "icl_second.log_probs": study.answers("queries", study.module, second_prefix),
        **_answers(study, first, others, rate),
        **_measures(first, others, rate),
        **{f"selection.{name}": values for name, values in selected.items()},
        **{f"controls.{name}": values for name, values in altered.items()},
    }


@dataclass(frozen=True)
class Order:
    """What the chosen demonstrations lead to in one order; lists are by the rates asked for."""

    demos: Demonstrations
    prefix: Prefix
    icl: Recordings
    tuned: list[Network]
    ft: list[Recordings]
    """Of the queries that controls are asked."""
    answers: list[Answers]
    measured: list[Measures]


@dataclass(frozen=True)
class _Study:
    """A task's network, prompts and rates, and what all orders share."""

    task: str
    module: Network
    prompts: Arrays
    rates: np.ndarray
    questions: Questions
    ranked: int
    """How many queries' attention is ranked."""
    turns: int
    """How many orders there are beside the one of the draw."""
    seed: int

    @cached_property
    def zsl(self) -> Recordings:
        """The queries alone."""
        return self.questions.read(self.module)

    @cached_property
    def in_context(self) -> np.ndarray:
        """Log-probabilities [set, question, class] after every seed's demonstrations."""
        answers = []
        for seed in range(len(self.prompts["seeds"])):
            prefix = read_prefix(self.module, demonstrations(self.prompts, seed).context())
            answers.append(self.answers("selection", self.module, prefix))
        return np.stack(answers)

    @cached_property
    def seed_index(self) -> int:
        """The seed whose demonstrations are right most often in context, as the paper chooses."""
        return most_accurate(right(self.in_context, self.prompts["selection_labels"]))

    @property
    def chosen(self) -> Demonstrations:
        """Those demonstrations, in the order in which they were drawn."""
        return demonstrations(self.prompts, self.seed_index)

    def answers(self, split: str, module: Network, prefix: Prefix | None = None) -> np.ndarray:
        """Log-probabilities [prompt, class] of a split's prompts, after a prefix or alone."""
        asked = sequences(self.prompts, split, prefix is not None)
        return log_probs(module, asked, self.prompts["label_tokens"], prefix)

    def selection(self, tuned: list[Network]) -> np.ndarray:
        """Answers [rate, question, class] to the questions that rates are chosen by."""
        return np.stack([self.answers("selection", network) for network in tuned])

    def order(self, demos: Demonstrations, rates: np.ndarray) -> Order:
        """Everything about the chosen demonstrations in this order, at these rates."""
        prefix = read_prefix(self.module, demos.context())
        icl = self.questions.read(self.module, prefix)
        tuned = finetune(self.module, *demos.sequences(), rates.tolist())
        done(2 * len(rates))
        icl_answers = {
            "icl.log_probs": self.questions.answers(icl),
            "icl.free": self.answers("free", self.module, prefix),
        }
        baselines = self._baselines(demos, icl)
        early: list[Recordings] = []
        answers, measured = [], []
        for each in tuned:
            ft = self.questions.read(each.module)
            measured.append(
                baselines
                | compared(
                    self.questions,
                    (self.zsl, icl, ft),
                    queries_of(each, demos),
                    demos.examples(),
                    self.ranked,
                )
            )
            own = {
                "ft.log_probs": self.questions.answers(ft),
                "ft.free": self.answers("free", each.module),
            }
            answers.append(icl_answers | own)
            early.append(ft[: len(self.questions.early)])
            done(2)
        networks = [each.module for each in tuned]
        return Order(demos, prefix, icl, networks, early, answers, measured)

    def _baselines(self, demos: Demonstrations, icl: Recordings) -> Measures:
        """The same measures with random directions, random numbers, places and rate 0."""
        rng = np.random.default_rng(self.seed)
        initial = queries_of(untuned(self.module, demos.sequences()[0]), demos)
        every, early = [], []
        for rows, passes in self.questions.side_by_side(self.zsl, icl, self.zsl):
            every.append((rows, random_baselines(passes, rng)))
            if (rows < self.ranked).any():
                few = passes.some(rows < self.ranked)
                early.append(
                    (rows[rows < self.ranked], order_baselines(few, initial, demos.examples(), rng))
                )
        return placed(every) | placed(early)


def _study(inputs: Inputs) -> _Study:
    task = str(inputs.params["task"])
    prompts = inputs.datasets[f"prompts_{task}"]
    rates = np.asarray(inputs.params["learning_rates"], np.float32)
    if (np.diff(rates) <= 0).any():
        raise ConfigError(f"params.learning_rates must ascend, got {rates.tolist()}")
    count = len(prompts["queries"])
    checked, ranked = (
        min(int(inputs.params[name]), count) for name in ("control_queries", "kendall_queries")
    )
    questions, seed = Questions(prompts, checked), int(inputs.params.get("seed", 0))
    turns = int(inputs.params["orders"]) - 1
    return _Study(task, model(inputs), prompts, rates, questions, ranked, turns, seed)


def check_context(module: Network, prompts: Arrays, task: str) -> None:
    """Raises ConfigError where demonstrations and a query are too long for ``module``."""
    seeds = range(len(prompts["seeds"]))
    context = max(len(demonstrations(prompts, seed).context()) for seed in seeds)
    query = max(
        batch.tokens.shape[1]
        for split in ("selection", "queries")
        for batch in batches(sequences(prompts, split, True))
    )
    if context + query > module.spec.context:
        raise ConfigError(
            f"dai2022.datasets.prompts_{task}.params.context: demonstrations and a query have "
            f"up to {context + query} tokens, and the model reads {module.spec.context} at once; "
            f"choose {module.spec.context - query} or fewer"
        )


def _selected(study: _Study, second: Demonstrations, tuned: list[Network]) -> Answers:
    """What is chosen, and the answers that choose it.

    ``icl`` [set, question, class] and ``seed_index``; ``ft`` [draw, rate, question, class] after
    the chosen demonstrations and after ``second``; ``rounding`` and ``stable`` [rate] (see
    ``choices``) and ``rate_index``; ``labels``, ``zsl``, ``seeds`` and ``learning_rates``.
    ``tuned``: the networks after the chosen demonstrations.
    """
    labels = study.prompts["selection_labels"]
    shaken = last_bits(study.module, generator(study.seed, f"{study.task} rounding"))
    rates = study.rates.tolist()
    again = finetune(shaken, *study.chosen.sequences(), rates, queries=False)
    done(len(rates))
    other = finetune(study.module, *second.sequences(), rates, queries=False)
    done(len(rates))
    draws = [tuned, [each.module for each in other]]
    ft = np.stack([study.selection(networks) for networks in draws])
    done(len(rates))
    rounding = np.array(
        [
            rounding_share(study.module, one, two.module)
            for one, two in zip(tuned, again, strict=True)
        ]
    )
    return {
        "seeds": study.prompts["seeds"],
        "learning_rates": study.rates,
        "labels": labels,
        "zsl": study.answers("selection", study.module),
        "icl": study.in_context,
        "seed_index": np.array(study.seed_index),
        "ft": ft,
        "rounding": rounding,
        "stable": stable(rounding),
        "rate_index": np.array(chosen_rate(right(ft, labels), rounding)),
    }


def _answers(study: _Study, first: Order, others: list[Order], rate: int) -> Answers:
    parts = [first.answers[rate], *(order.answers[0] for order in others)]
    return {
        "zsl.log_probs": study.questions.answers(study.zsl),
        "zsl.free": study.answers("free", study.module),
        "rates.ft": np.stack([each["ft.log_probs"][None] for each in first.answers]),
        **{name: np.stack([part[name] for part in parts]) for name in parts[0]},
    }


def _measures(first: Order, others: list[Order], rate: int) -> Answers:
    parts = [first.measured[rate], *(order.measured[0] for order in others)]
    main = {f"main.{name}": np.stack([part[name] for part in parts]) for name in parts[0]}
    return main | {
        f"rates.{name}": np.stack([each[f"{name}.label0"][None] for each in first.measured])
        for name in OVER_RATES
    }
