"""Predictors, closed forms and constructions for networks of Pearce et al. 2023."""
