"""Dai et al. 2022, *Why Can GPT Learn In-Context?*: in-context learning as implicit finetuning."""
