from .decisions import Decision
from .replies import Comment
from .writers import Writer

__all__ = ["Comment", "Decision", "Writer"]
