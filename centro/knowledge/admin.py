"""Articles and emergency numbers in the administration site."""

from __future__ import annotations

from django.contrib import admin

from centro.catalog.admin import RenewsStamp
from centro.knowledge.models import Article, EmergencyNumber
from centro.knowledge.queries import STAMP


@admin.register(Article)
class ArticleAdmin(RenewsStamp):
    stamp = STAMP
    list_display = ("title", "agency", "language", "active", "updated_at")
    list_filter = ("language", "active")
    search_fields = ("title", "body", "keywords")
    list_select_related = ("agency",)
    prepopulated_fields = {"slug": ("title",)}


@admin.register(EmergencyNumber)
class EmergencyNumberAdmin(RenewsStamp):
    stamp = STAMP
    list_display = ("number", "label", "position", "active")
