from django.urls import path

from newsletter.views import addresses, archive, joining, leaving, managing

app_name = "newsletter"
urlpatterns = [
    path("", joining.sign_up, name="sign-up"),
    path("follow/<slug:slug>/", joining.follow, name="follow"),
    path("check-mail/", joining.check_mail, name="check-mail"),
    path("confirm/<str:token>/", joining.confirm, name="confirm"),
    path("manage/", managing.find_link, name="find-link"),
    path("manage/sent/", managing.link_sent, name="link-sent"),
    path("manage/<str:token>/", managing.manage, name="manage"),
    path("manage/<str:token>/stories/", managing.stories, name="stories"),
    path("manage/<str:token>/address/", addresses.address, name="address"),
    path("address/<str:secret>/", addresses.new_address, name="new-address"),
    path("unsubscribe/<str:token>/", leaving.unsubscribe, name="unsubscribe"),
    path("unfollow/<str:public_id>/<str:token>/", leaving.unfollow, name="unfollow"),
    path("issues/", archive.issues, name="issues"),
    path("issues/feed/", archive.feed, name="feed"),
    path("issues/feed.json", archive.json_feed, name="json-feed"),
    path("issues/<slug:public_id>/", archive.issue, name="issue"),
]
