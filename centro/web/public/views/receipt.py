"""The receipt: the number, the code, and what happens next."""

from __future__ import annotations

from uuid import UUID

import segno
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from centro.cases.models import Case
from centro.people.models import ContactPoint
from centro.web.public import home


@require_safe
@login_not_required
@never_cache
def receipt(request: HttpRequest, token: UUID) -> HttpResponse:
    """The receipt of the report sent with this token, as often as it is asked for."""
    found = Case.objects.select_related("service", "agency", "place__district")
    case = found.filter(intake_token=token).first()
    if case is None:
        return render(request, "public/expired.html", status=410)
    points = ContactPoint.objects.filter(person=case.person_id) if case.person_id else []
    shown = {
        "case": case,
        "email": next((p.value for p in points if p.kind == ContactPoint.Kind.EMAIL), ""),
        "phone": next((p.value for p in points if p.kind == ContactPoint.Kind.PHONE), ""),
        "qr": _qr(case),
    }
    response = render(request, "public/receipt.html", shown)
    home.remember_place(response, case)
    return response


def _qr(case: Case) -> SafeString:
    """The way to the follow-up page as a drawing. The code travels after `#`, where no server
    and no log sees it; a script of the page puts it into its box."""
    address = f"{settings.SITE_URL}{reverse('public:follow')}?numero={case.number}#{case.code}"
    drawn = segno.make(address, error="m").svg_inline(scale=4, border=2, omitsize=True)
    return mark_safe(drawn)  # noqa: S308 - drawn by segno from our own address
