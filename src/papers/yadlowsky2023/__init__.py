"""Yadlowsky et al. 2023 on pretraining mixtures, with the counter-replication beside it."""
