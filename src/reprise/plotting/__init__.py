"""One look for every figure, and bytes that depend on the figure alone."""
