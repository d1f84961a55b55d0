"""Networks of Pearce et al. 2023: one module per model, named as in its parameters, and their parts."""
