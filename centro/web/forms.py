"""How every form of the site is drawn: label, help, error, control, in that order."""

from __future__ import annotations

from typing import Any

from django.forms.renderers import DjangoTemplates
from django.http import HttpRequest
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe

_SELECT = "django/forms/widgets/select.html"


class Renderer(DjangoTemplates):
    """The form renderer of the site (FORM_RENDERER); its templates are in templates/components.

    A list to choose from is written here, as Django's template writes it: a page that filters by
    entity and service has hundreds of options, and a template for each took a third of its time.
    """

    form_template_name = "components/form.html"
    field_template_name = "components/field.html"

    def render(
        self, template_name: str, context: dict[str, Any], request: HttpRequest | None = None
    ) -> SafeString:
        if template_name == _SELECT:
            return _select(context["widget"])
        return mark_safe(super().render(template_name, context, request))  # noqa: S308 a template's


def _select(widget: dict[str, Any]) -> SafeString:
    parts = []
    for group, options, _index in widget["optgroups"]:
        drawn = "\n".join(map(_option, options))
        if group:
            drawn = f'<optgroup label="{conditional_escape(group)}">\n{drawn}\n</optgroup>'
        parts.append(drawn)
    return format_html(
        '<select name="{}"{}>\n{}\n</select>',
        widget["name"],
        _attributes(widget["attrs"]),
        mark_safe("\n".join(parts)),  # noqa: S308 every part was escaped
    )


def _option(option: dict[str, Any]) -> str:
    value, label = conditional_escape(str(option["value"])), conditional_escape(option["label"])
    return f'<option value="{value}"{_attributes(option["attrs"])}>{label}</option>'


def _attributes(attrs: dict[str, Any]) -> SafeString:
    """As Django writes them: True alone, False and None not at all."""
    drawn = [
        f" {name}" if value is True else f' {name}="{conditional_escape(value)}"'
        for name, value in attrs.items()
        if value is not False and value is not None
    ]
    return mark_safe("".join(drawn))  # noqa: S308 names are ours, values were escaped
