from django.contrib import admin
from django.utils.translation import gettext_lazy as _


class Site(admin.AdminSite):
    site_title = site_header = _("Afterword")
    index_title = _("First page")
