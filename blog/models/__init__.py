from .images import Image
from .posts import Author, Post, Question
from .site import Page, Publication
from .topics import Tag

__all__ = ["Author", "Image", "Page", "Post", "Publication", "Question", "Tag"]
