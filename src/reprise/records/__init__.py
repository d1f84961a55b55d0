"""Records of what was made from what, and the state of every node by them."""
