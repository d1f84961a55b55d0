"""Making nodes: the shell around the pure parts, with files, clocks and devices."""
