from . import replies, watchwords

__all__ = ["replies", "watchwords"]
