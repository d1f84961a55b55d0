"""One folder per replicated work. Papers do not know one another."""
