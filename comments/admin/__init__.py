from . import help_lines, replies, reports, watchwords

__all__ = ["help_lines", "replies", "reports", "watchwords"]
