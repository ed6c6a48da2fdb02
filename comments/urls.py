from django.urls import path

from comments.views import letters, mine, writing

app_name = "comments"
urlpatterns = [
    path("to/<slug:slug>/", writing.reply, name="reply"),
    path("sent/<slug:token>/", mine.sent, name="sent"),
    path("mine/<slug:token>/", mine.mine, name="mine"),
    path("watch/<slug:slug>/", letters.watch, name="watch"),
    path("check-mail/", letters.check_mail, name="check-mail"),
    path("prove/<slug:token>/", letters.prove, name="prove"),
    path("stop/<slug:kind>/<slug:token>/", letters.stop, name="stop"),
]
