from django.urls import path

from comments.views import mine, reporting, writing

app_name = "comments"
urlpatterns = [
    path("to/<slug:slug>/", writing.reply, name="reply"),
    path("sent/<slug:token>/", mine.sent, name="sent"),
    path("mine/<slug:token>/", mine.mine, name="mine"),
    path("report/<slug:public_id>/", reporting.report, name="report"),
    path("report/<slug:public_id>/thanks/", reporting.reported, name="reported"),
]
