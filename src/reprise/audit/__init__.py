"""Prove, compare, challenge and export results; adopt those made elsewhere."""
