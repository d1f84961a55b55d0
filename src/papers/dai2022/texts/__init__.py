"""Text of real use: pinned packages, tokenizers, labelled examples and running text."""
