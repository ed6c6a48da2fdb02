from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("newsletter/", include("newsletter.urls")),
    path("replies/", include("comments.urls")),
    path("", include("blog.urls")),
]
handler400 = "blog.views.bad_request"
handler403 = "blog.views.forbidden"
handler404 = "blog.views.not_found"
handler500 = "blog.views.server_error"
