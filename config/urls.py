from django.contrib import admin
from django.urls import include, path

from comments import feeds
from config import sent_mail, status
from newsletter.views import hooks

urlpatterns = [
    path("admin/", admin.site.urls),
    path("newsletter/", include("newsletter.urls")),
    path("replies/", include("comments.urls")),
    path("hooks/mail/<str:provider>/", hooks.mail, name="mail-hook"),
    path("dev/mail/", sent_mail.index, name="sent-mail"),
    path("dev/mail/<str:name>/", sent_mail.letter, name="sent-mail-one"),
    path("dev/mail/<str:name>/html/", sent_mail.html_part, name="sent-mail-html"),
    path("healthz", status.healthz, name="healthz"),
    path("readyz", status.readyz, name="readyz"),
    path("", include("blog.urls")),  # late: its addresses begin with anything
    # After them, as they say what a year and a month are.
    path("<year:year>/<month:month>/<slug:slug>/feed/", feeds.replies, name="replies-feed"),
]
handler400 = "blog.views.bad_request"
handler403 = "blog.views.forbidden"
handler404 = "blog.views.not_found"
handler500 = "blog.views.server_error"
