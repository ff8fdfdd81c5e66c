"""The roles of the service. Who holds which, where and until when: agencies.Assignment."""

from __future__ import annotations

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Role(TextChoices):
    OPERATOR = "operator", _("Operador")
    SUPERVISOR = "supervisor", _("Supervisor")
    QUALITY = "quality", _("Analista de calidad")
    DIRECTOR = "director", _("Director nacional")
    LIAISON = "liaison", _("Enlace operativo")
    EXECUTIVE = "executive", _("Enlace ejecutivo")
    OFFICIAL = "official", _("Funcionario responsable")
    HEAD = "head", _("Máxima autoridad")
    PRESIDENCY = "presidency", _("Presidencia")
    DENUNCIATIONS = "denunciations", _("Oficial de denuncias")
    EDITOR = "editor", _("Editor de conocimiento")
    AUDITOR = "auditor", _("Auditor")
    ADMINISTRATOR = "administrator", _("Administrador")
