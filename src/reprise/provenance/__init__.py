"""What determines a result (fingerprints), what was made (records), is it still so (states)."""
