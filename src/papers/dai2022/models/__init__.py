"""Networks of Dai et al. 2022 and their parts: a model's module is named as in its spec."""
