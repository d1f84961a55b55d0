"""Tables of the figures of Dai et al. 2022."""
