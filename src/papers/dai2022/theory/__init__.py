"""Predictors, closed forms and constructions that networks of Dai et al. 2022 are compared with."""
