"""The texts of messages in the administration: a text that could not be sent is not saved."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import admin

from centro.channels.models import MessageText
from centro.channels.texts import STAMP, faults_of, names
from centro.places.stamps import renew_stamp


class MessageTextForm(forms.ModelForm[MessageText]):
    name = forms.ChoiceField(choices=lambda: [(name, name) for name in names()])

    class Meta:
        model = MessageText
        fields = ("name", "language", "subject", "body")

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if {"name", "language", "subject", "body"} <= cleaned.keys():
            given = (cleaned[key] for key in ("name", "language", "subject", "body"))
            for fault in faults_of(*given):
                self.add_error(None, fault)
        return cleaned


@admin.register(MessageText)
class MessageTextAdmin(admin.ModelAdmin[MessageText]):
    form = MessageTextForm
    list_display = ("name", "language", "subject")
    list_filter = ("language",)

    def save_model(self, request: Any, obj: MessageText, form: Any, change: bool) -> None:
        super().save_model(request, obj, form, change)
        renew_stamp(STAMP)

    def delete_model(self, request: Any, obj: MessageText) -> None:
        super().delete_model(request, obj)
        renew_stamp(STAMP)

    def delete_queryset(self, request: Any, queryset: Any) -> None:
        super().delete_queryset(request, queryset)
        renew_stamp(STAMP)
