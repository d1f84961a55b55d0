"""Provenance: what determines a result (fingerprints), what was made (records), and is it still so (states)."""
