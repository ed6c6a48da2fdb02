from . import help_lines, notices, replies, reports, watchwords

__all__ = ["help_lines", "notices", "replies", "reports", "watchwords"]
