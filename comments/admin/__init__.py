from . import notices, replies

__all__ = ["notices", "replies"]
