"""Predictors, closed forms and constructions for networks of von Oswald et al. 2023."""
