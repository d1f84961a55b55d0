"""Figures after von Oswald et al. 2023, drawn from tables."""
