"""Reads what lies beside it: Markdown with YAML on top, and plain YAML."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
START_PAGES = FOLDER.parent / "pages"


@dataclass(frozen=True)
class Text:
    """One Markdown file: the facts on top, the words below."""

    facts: dict[str, Any]
    body: str = field(repr=False)

    @classmethod
    def read(cls, path: Path) -> Text:
        _nothing, facts, body = path.read_text(encoding="utf-8").split("---\n", 2)
        return cls(yaml.safe_load(facts), body.strip())

    @property
    def slug(self) -> str:
        return self.facts["slug"]


def posts() -> list[Text]:
    """In the order of their dates; what the front matter leaves out comes from summaries.yaml."""
    rest = rows("posts/summaries.yaml")
    texts = [Text.read(path) for path in sorted((FOLDER / "posts").glob("*.md"))]
    return [Text(text.facts | rest.get(text.slug, {}), text.body) for text in texts]


def pages(folder: Path) -> list[Text]:
    return [Text.read(path) for path in sorted(folder.glob("*.md"))]


def rows(name: str) -> Any:
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))
