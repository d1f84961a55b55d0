"""Figures after Dai et al. 2022, drawn from tables."""
