"""The country: provinces, districts and corregimientos, their shapes, and known spots."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.utils.translation import gettext_lazy as _


def _search_words() -> models.GeneratedField:
    """The words of `search_key`, kept by the database; the key is already folded."""
    return models.GeneratedField(
        expression=SearchVector("search_key", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )


class Place(models.Model):
    """A province or *comarca*, a district, or a corregimiento, by its official code."""

    class Level(models.TextChoices):
        PROVINCE = "province", _("Provincia o comarca")
        DISTRICT = "district", _("Distrito")
        CORREGIMIENTO = "corregimiento", _("Corregimiento")

    code = models.CharField(_("código"), max_length=12, unique=True)
    level = models.CharField(_("nivel"), max_length=20, choices=Level.choices)
    name = models.CharField(_("nombre"), max_length=120)
    kind = models.CharField(_("clase"), max_length=60, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    # Kept on every row so that a list or a scope by province needs no walk up the tree.
    province = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    district = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    aliases = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    population = models.PositiveIntegerField(_("población"), default=0)
    lat = models.FloatField(null=True, blank=True)
    lon = models.FloatField(null=True, blank=True)
    is_seat = models.BooleanField(_("cabecera"), default=False)
    active = models.BooleanField(_("activo"), default=True)
    sort_key = models.CharField(max_length=200, editable=False)
    search_key = models.TextField(editable=False)
    search_words = _search_words()

    class Meta:
        verbose_name = _("lugar")
        verbose_name_plural = _("lugares")
        ordering = ["sort_key", "code"]
        indexes = [
            models.Index(fields=["level", "sort_key"]),
            GinIndex(fields=["search_words"], name="places_place_search_words"),
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """The name with the one of the place around it: "Bella Vista, Panamá"."""
        if self.level == self.Level.PROVINCE:
            return self.name
        around = self.district if self.level == self.Level.CORREGIMIENTO else self.province
        if around is None or around.pk == self.pk or around.name == self.name:
            return self.name
        return f"{self.name}, {around.name}"


class Boundary(models.Model):
    """The shape of a place. `wkb` locates points; `outline` is a light one to draw on maps.

    Only the places at the bottom of the tree have `wkb`: a point is in exactly one of them.
    """

    place = models.OneToOneField(Place, on_delete=models.CASCADE, related_name="boundary")
    wkb = models.BinaryField(null=True)
    outline = models.BinaryField()

    class Meta:
        verbose_name = _("límite")
        verbose_name_plural = _("límites")

    def __str__(self) -> str:
        return str(self.place)


class Landmark(models.Model):
    """A spot that people name when they say where something is: a stop, a clinic, a beach."""

    source_id = models.CharField(max_length=40, unique=True)
    name = models.CharField(_("nombre"), max_length=200)
    kind = models.CharField(_("clase"), max_length=40)
    lat = models.FloatField()
    lon = models.FloatField()
    # Known only to be somewhere in its corregimiento: found by name, never drawn on a map.
    approximate = models.BooleanField(default=False)
    place = models.ForeignKey(
        Place, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    active = models.BooleanField(_("activo"), default=True)
    search_key = models.CharField(max_length=250, editable=False)
    search_words = _search_words()

    class Meta:
        verbose_name = _("punto de referencia")
        verbose_name_plural = _("puntos de referencia")
        ordering = ["name", "source_id"]
        indexes = [
            models.Index(fields=["lat", "lon"]),
            GinIndex(fields=["search_words"], name="places_landmark_search_words"),
        ]

    def __str__(self) -> str:
        return self.name


class LoadedPack(models.Model):
    """The country pack in use: what it held, so that the next load knows what it dropped."""

    name = models.CharField(max_length=60, unique=True)
    digest = models.CharField(max_length=80)
    manifest = models.JSONField(default=dict)
    loaded_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = _("paquete de país")
        verbose_name_plural = _("paquetes de país")

    def __str__(self) -> str:
        return self.name


class DataStamp(models.Model):
    """Says when a set of slowly changing data changed, so that copies in memory can be renewed."""

    name = models.CharField(max_length=40, unique=True)
    value = models.CharField(max_length=80)

    class Meta:
        verbose_name = _("sello de datos")
        verbose_name_plural = _("sellos de datos")

    def __str__(self) -> str:
        return f"{self.name} {self.value}"
