"""Files: atomic writes, checkpoints without code execution, deterministic CSV."""
