from .authors import Author
from .images import Image
from .posts import Post
from .questions import Question, Wording
from .replying import Mode
from .site import Page, Publication
from .topics import Tag

__all__ = [
    "Author",
    "Image",
    "Mode",
    "Page",
    "Post",
    "Publication",
    "Question",
    "Tag",
    "Wording",
]
