"""Training: chunks of steps on the device, members as a batch, exact resume.

``program`` is pure (spec -> functions of keys and arrays); ``loop`` is the host's side of it.
"""
