"""What is measured on networks of von Oswald et al. 2023, as pure functions of arrays."""
