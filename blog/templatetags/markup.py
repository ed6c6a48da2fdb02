from django import template

from blog.markup import stored

register = template.Library()
register.filter("stored", stored)
