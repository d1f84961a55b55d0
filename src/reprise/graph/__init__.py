"""The graph of nodes (dataset, run, table, figure, verdict, report), files and fingerprints."""
