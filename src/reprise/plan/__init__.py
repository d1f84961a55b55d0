"""What there is to do, what it costs, and the engine that does it."""
