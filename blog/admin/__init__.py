from . import images, posts, site

__all__ = ["images", "posts", "site"]
