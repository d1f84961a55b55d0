"""Predictors, closed forms and constructions for networks of Yadlowsky et al. 2023."""
