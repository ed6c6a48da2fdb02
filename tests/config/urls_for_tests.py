"""Addresses that stand for the apps': a form that gives text back, one that does not, a hook."""

from django.http import HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from blog.forms import public_form
from config.urls import handler400, handler403, handler404, handler500, urlpatterns

__all__ = ["handler400", "handler403", "handler404", "handler500"]


@public_form
def gentle(request):
    return HttpResponse(f"doubt={request.doubt} retry={request.retry_after}", status=200)


@csrf_exempt
def plain(request):
    return HttpResponse("done")


@csrf_exempt
def hook(request):
    return HttpResponse("done")


hook.from_anywhere = True


def broken(request):
    raise ValueError("marigold@example.com")


form = ([path("gentle/", gentle, name="reply")], "comments")
urlpatterns = [
    path("t/", include(form)),
    path("t/plain/", plain, name="plain"),
    path("t/hook/", hook, name="hook"),
    path("t/broken/", broken, name="broken"),
    *urlpatterns,
]
