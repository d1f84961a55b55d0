"""What is measured on networks of Dai et al. 2022, as pure functions of arrays."""
