"""Dai et al. 2022: in-context learning as implicit finetuning."""
