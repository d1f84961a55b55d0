"""Records: what every output was made from, and what changed since."""
