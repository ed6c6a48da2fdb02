"""Looked at before a letter goes: each check is one small function, and says how to mend it.

Nothing is fetched: whether pages of other sites are still there is not asked, as that would tell
them about this letter.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import going, letter, links, posts, words
from .checks import CHECKS, Finding, Level
from .sheet import Sheet

if TYPE_CHECKING:
    from newsletter.models import Issue

__all__ = ["CHECKS", "Finding", "Level", "Report", "Sheet", "of"]
# In the order of the page: the letter, its posts, the words, the links, where it goes.
PARTS = [part.__name__ for part in (letter, posts, words, links, going)]
CHECKS.sort(key=lambda check: PARTS.index(check.test.__module__))


@dataclass(frozen=True)
class Report:
    """What is wrong, and what is well."""

    subject: str  # as it would go
    stops: list[Finding]
    looks: list[Finding]
    passed: list[str]


def of(issue: Issue) -> Report:
    """Every check, on the issue as it stands."""
    sheet = Sheet(issue)
    found, passed = [], []
    for check in CHECKS:
        if says := check.test(sheet):
            found.append(Finding(check.name, says, check.mend, check.level))
        else:
            passed.append(str(check.name))
    return Report(
        subject=sheet.subject,
        stops=[finding for finding in found if finding.level is Level.STOP],
        looks=[finding for finding in found if finding.level is Level.LOOK],
        passed=passed,
    )
