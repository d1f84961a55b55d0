"""Make one node: read what it is made from, produce its content, write it, record it last."""
