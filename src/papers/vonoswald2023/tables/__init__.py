"""Tables of the figures of Yadlowsky et al. 2023."""
