"""F1 marks when the network memorises and when it generalises."""

from papers.pearce2023.figures.f1 import accuracy_curve
from reprise.plotting import theme


def test_accuracy_figure_marks_the_events(grokked):
    with theme.apply():
        figure = accuracy_curve(grokked)
    texts = {text.get_text() for text in figure.axes[0].texts}
    assert {"train 0.999\n1,000", "test 0.5\n20,000", "test 0.999\n20,500"} <= texts
