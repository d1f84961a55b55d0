"""What networks learn in von Oswald et al. 2023: one module per task, named as in its spec."""
