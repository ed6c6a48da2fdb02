from django.urls import path

from newsletter.views import archive, joining

app_name = "newsletter"
urlpatterns = [
    path("", joining.sign_up, name="sign-up"),
    path("check-mail/", joining.check_mail, name="check-mail"),
    path("confirm/<str:token>/", joining.confirm, name="confirm"),
    path("confirmed/", joining.confirmed, name="confirmed"),
    path("unsubscribe/<str:token>/", joining.unsubscribe, name="unsubscribe"),
    path("issues/", archive.issues, name="issues"),
    path("issues/feed/", archive.feed, name="feed"),
    path("issues/feed.json", archive.json_feed, name="json-feed"),
    path("issues/<slug:public_id>/", archive.issue, name="issue"),
]
