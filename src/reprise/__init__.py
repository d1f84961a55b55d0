"""Reprise reproduces, figure by figure, works on how small networks memorise and generalise."""
