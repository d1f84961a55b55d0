"""The six prompt templates of Dai et al. 2022, as their code has them and as Table 8 prints them.

A prompt is one line that ends before the label; the label is a space and one word. Table 8 breaks
lines where the code joins with spaces: the models read no line ends in training.
"""

from typing import Literal

from papers.dai2022.texts.examples import TASKS, Example, TaskName

Variant = Literal["code", "paper"]

_AGNEWS = (
    "Classify the news articles into the categories of World, Sports, Business, and Technology."
)

TEMPLATES: dict[TaskName, dict[Variant, str]] = {
    "sst2": {
        "code": "Sentence: {sentence} Label:",
        "paper": "Sentence: {sentence} Label:",
    },
    "sst5": {
        "code": "Sentence: {text} Label:",
        "paper": "Sentence: {text} Label:",
    },
    "mr": {
        "code": "Review: {text} Sentiment:",
        "paper": "Review: {text} Sentiment:",
    },
    "subj": {
        "code": "Input: {text} Type:",
        "paper": "Input: {text} Type:",
    },
    "agnews": {
        "code": f"{_AGNEWS} Article: {{text}} Answer:",
        "paper": f"{_AGNEWS} News: {{text}} Type:",
    },
    "cb": {
        "code": "{premise} Question: {hypothesis}. True, False, or Neither? Answer:",
        "paper": "{premise} Question: {hypothesis} True, False, or Neither? Answer:",
    },
}

CONTENT_FREE = ("N/A", "[MASK]", "")
"""What takes the place of all texts in prompts that hold no content (Zhao et al. 2021)."""


def prompt(task: TaskName, example: Example, variant: Variant = "code") -> str:
    """The prompt of ``example``, up to where the label follows."""
    parts = dict(zip(TASKS[task].columns, example.parts, strict=True))
    return TEMPLATES[task][variant].format_map(parts)


def content_free(task: TaskName, variant: Variant = "code") -> list[str]:
    """The prompts without content."""
    columns = len(TASKS[task].columns)
    filled = (Example((text,) * columns, 0) for text in CONTENT_FREE)
    return [" ".join(prompt(task, example, variant).split()) for example in filled]


def words(task: TaskName) -> list[str]:
    """The label words in index order, each with its leading space."""
    return [f" {label}" for label in TASKS[task].labels]
