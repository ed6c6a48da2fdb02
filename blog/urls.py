from django.urls import path, re_path, register_converter

from blog import feeds, views
from blog.models import Page


class Year:
    regex = "[0-9]{4}"

    def to_python(self, value: str) -> int:
        return int(value)

    def to_url(self, value: int) -> str:
        return f"{value:04d}"


class Month(Year):
    """Written with two digits, as in addresses of WordPress; one digit leads there."""

    regex = "[0-9]{1,2}"

    def to_url(self, value: int) -> str:
        return f"{value:02d}"


register_converter(Year, "year")
register_converter(Month, "month")

app_name = "blog"
urlpatterns = [
    path("", views.home, name="home"),
    path("<year:year>/<month:month>/<slug:slug>/", views.post, name="post"),
    path("tags/", views.topics, name="topics"),
    path("tags/<slug:slug>/", views.tag, name="tag"),
    path("authors/<slug:slug>/", views.author, name="author"),
    path("feed/", feeds.posts, name="feed"),
    path("feed.json", feeds.posts_as_json, name="json-feed"),
    path("sitemap.xml", feeds.sitemap, name="sitemap"),
    path("robots.txt", feeds.robots, name="robots"),
    re_path(r"^media/(?P<name>[0-9a-f]{32}\.(?:png|jpg|webp))\Z", views.media, name="media"),
    *(path(f"{slug}/", views.page, {"slug": slug}, name=slug) for slug in Page.ADDRESSES),
]
