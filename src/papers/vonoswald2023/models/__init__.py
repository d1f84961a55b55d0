"""Networks of von Oswald et al. 2023 and their parts: a model's module is named as in its spec."""
