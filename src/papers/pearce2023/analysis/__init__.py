"""What is measured on networks of Pearce et al. 2023, as pure functions of arrays."""
