from . import replies

__all__ = ["replies"]
