"""Pearce et al. 2023: nodes in ``paper.yaml``, statements in ``claims.yaml``."""
