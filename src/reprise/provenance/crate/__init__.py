"""The crate of a result tree: a Workflow Run RO-Crate, derived from the records alone."""
