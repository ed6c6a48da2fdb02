"""Letters, people and held mail in the admin. States change by verbs, never by typing."""

from . import editions, held, issues, limits, lists, people, suppressions

__all__ = ["editions", "held", "issues", "limits", "lists", "people", "suppressions"]
