"""von Oswald et al. 2023: uncovering mesa-optimization algorithms in transformers."""
