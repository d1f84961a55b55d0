"""What networks learn in Dai et al. 2022: one module per task, named as in its spec."""
