"""Addresses of the channels: accounts and the books of what came in."""

from __future__ import annotations

from django.urls import path

from centro.web.desk.views import channels

urlpatterns = [
    path("", channels.accounts, name="channels"),
    path("nueva/<slug:kind>/", channels.new_account, name="channel_new"),
    path("cuenta/<slug:slug>/", channels.account, name="channel_account"),
    path("cuenta/<slug:slug>/prueba/", channels.test_account, name="channel_test"),
    path("llegadas/", channels.books, name="channel_books"),
    path("llegadas/<int:pk>/", channels.event, name="channel_event"),
    path("llegadas/<int:pk>/repetir/", channels.replay, name="channel_replay"),
]
