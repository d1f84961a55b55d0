"""Typed, frozen descriptions of everything a user or a paper can choose. No JAX is imported here."""
