"""The graph of nodes (dataset, run, table, figure, verdict, report), their files and fingerprints."""
