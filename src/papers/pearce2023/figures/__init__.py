"""Figures of Pearce et al. 2023: pictures of tables."""
