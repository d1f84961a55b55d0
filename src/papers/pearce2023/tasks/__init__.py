"""What networks learn in Pearce et al. 2023: one module per task, named as in its spec."""
