from django.urls import path

from comments.views import letters, mine, places, reporting, writing

app_name = "comments"
urlpatterns = [
    path("to/<slug:slug>/", writing.reply, name="reply"),
    path("at/<slug:public_id>/", places.place, name="place"),
    path("sent/<slug:token>/", mine.sent, name="sent"),
    path("mine/<slug:token>/", mine.mine, name="mine"),
    path("mine/<slug:token>/<slug:reply>/", mine.change, name="change"),
    path("report/<slug:public_id>/", reporting.report, name="report"),
    path("report/<slug:public_id>/thanks/", reporting.reported, name="reported"),
    path("watch/<slug:slug>/", letters.watch, name="watch"),
    path("check-mail/", letters.check_mail, name="check-mail"),
    path("link-sent/", letters.link_sent, name="link-sent"),
    path("prove/<slug:token>/", letters.prove, name="prove"),
    path("stop/<slug:kind>/<slug:token>/", letters.stop, name="stop"),
]
