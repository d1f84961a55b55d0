"""Reprise re-runs papers on grokking and in-context learning and shows what held up."""
