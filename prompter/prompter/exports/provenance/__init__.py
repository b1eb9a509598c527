"""The export to W3C PROV, by the package ``prov`` of the extra ``research``, which is imported when it is used."""

from .export import Prov

__all__ = ["Prov"]
