import pytest

from papers.dai2022.datasets.templates import TEMPLATES, content_free, prompt, words
from papers.dai2022.texts.examples import TASKS, Example, TaskName

CODE = {
    "sst2": "Sentence: X Label: Negative",
    "sst5": "Sentence: X Label: terrible",
    "mr": "Review: X Sentiment: Negative",
    "subj": "Input: X Type: objective",
    "agnews": "Classify the news articles into the categories of World, Sports, Business, and "
    "Technology. Article: X Answer: World",
    "cb": "X Question: Y. True, False, or Neither? Answer: True",
}


@pytest.mark.parametrize("task", TASKS)
def test_prompt_and_label_are_those_of_the_code(task: TaskName) -> None:
    example = Example(("X", "Y")[: len(TASKS[task].columns)], 0)
    assert prompt(task, example) + words(task)[0] == CODE[task]


def test_the_paper_differs_in_two_tasks() -> None:
    different = {task for task, found in TEMPLATES.items() if found["code"] != found["paper"]}
    assert different == {"agnews", "cb"}
    assert prompt("cb", Example(("X", "Y"), 0), "paper").startswith("X Question: Y True,")
    assert prompt("agnews", Example(("X",), 0), "paper").endswith(" News: X Type:")


def test_braces_in_a_text_stay() -> None:
    assert prompt("mr", Example(("{text} {0}",), 0)) == "Review: {text} {0} Sentiment:"


@pytest.mark.parametrize("task", TASKS)
def test_prompts_without_content_are_single_lines_of_the_template(task: TaskName) -> None:
    free = content_free(task)
    assert len(set(free)) == 3
    for text in free:
        assert text == " ".join(text.split())
        assert text[-1] == ":"
    assert "N/A" in free[0] and "[MASK]" in free[1]
