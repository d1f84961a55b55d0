"""Parameters of language modelling on packaged text."""

from typing import Annotated, Literal

from pydantic import Field, PositiveInt

from reprise.specs.base import Strict


class TextLanguage(Strict):
    """Prediction of the next token of English text that comes with the packages.

    Tokens are byte pairs learned on the training documents. A separator ends every document, and
    all documents follow one another; sequences are windows of that, wherever they begin.
    """

    name: Literal["text_language"]
    length: PositiveInt
    """Tokens of a window that are followed by a target."""
    batch_size: PositiveInt
    vocabulary: Annotated[int, Field(ge=257, le=32767)] = 2048
    """Number of tokens: the separator, 256 bytes and pairs of tokens."""
    test_size: PositiveInt = 64
    """Windows of the validation documents."""
    characters: PositiveInt | None = None
    """Characters of text to train on, and of text held out; None: all that there is."""
