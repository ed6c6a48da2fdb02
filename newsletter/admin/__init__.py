"""Letters, people and held mail in the admin. States change by verbs, never by typing."""

from . import editions, issues, limits, lists, people

__all__ = ["editions", "issues", "limits", "lists", "people"]
