"""Typed, frozen descriptions of all that a user or a paper can choose; imports no JAX."""
