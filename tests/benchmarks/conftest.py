from optimised import optimised

__all__ = ["optimised"]
