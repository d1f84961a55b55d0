"""Science that two or more papers use."""
