"""Analyses: what is computed from results, as pure functions of arrays and data frames."""
