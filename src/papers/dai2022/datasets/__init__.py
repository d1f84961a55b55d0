"""What is made once from a pretrained model and texts: prompts, searches, measures, controls."""
