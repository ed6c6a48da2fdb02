from django.urls import path

from comments.views import mine, places, reporting, writing

app_name = "comments"
urlpatterns = [
    path("to/<slug:slug>/", writing.reply, name="reply"),
    path("at/<slug:public_id>/", places.place, name="place"),
    path("sent/<slug:token>/", mine.sent, name="sent"),
    path("mine/<slug:token>/", mine.mine, name="mine"),
    path("mine/<slug:token>/<slug:reply>/", mine.change, name="change"),
    path("report/<slug:public_id>/", reporting.report, name="report"),
    path("report/<slug:public_id>/thanks/", reporting.reported, name="reported"),
]
