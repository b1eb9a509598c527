"""The history of a notebook as its own person sees it: the moments worth a look, in order."""

from .chain import chain_of, moments
from .moment import Moment
from .moments import AWAY_US, Moments

__all__ = ["AWAY_US", "Moment", "Moments", "chain_of", "moments"]
