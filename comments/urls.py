from django.urls import path

from comments import views

app_name = "comments"
urlpatterns = [
    path("to/<slug:slug>/", views.reply, name="reply"),
    path("sent/<slug:token>/", views.sent, name="sent"),
    path("mine/<slug:token>/", views.mine, name="mine"),
]
