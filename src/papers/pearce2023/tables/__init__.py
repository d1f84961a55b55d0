"""Tables of Pearce et al. 2023: what the figures plot and the claims read."""
