"""Estimators: classical predictors and constructions that networks are compared with."""
