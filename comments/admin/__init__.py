from . import help_lines, replies, reports

__all__ = ["help_lines", "replies", "reports"]
