"""What networks learn in Yadlowsky et al. 2023: one module per task, named as in its spec."""
