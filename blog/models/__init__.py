from .images import Image
from .posts import Author, Post, Question, Tag
from .site import Page, Publication

__all__ = ["Author", "Image", "Page", "Post", "Publication", "Question", "Tag"]
