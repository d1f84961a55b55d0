"""Make one node: load what it reads, produce its content, write it, record it."""
