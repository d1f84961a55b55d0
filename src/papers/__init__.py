"""One folder per replicated paper, and what they share. Papers do not know one another."""
