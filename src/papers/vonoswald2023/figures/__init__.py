"""Figures after Yadlowsky et al. 2023, drawn from tables."""
