"""Made-up studies: people at work in notebooks, recorded by the real log and asked by the real policy."""

from .making import Made, make
from .people import Plan

__all__ = ["Made", "Plan", "make"]
