"""Balanced orders of conditions."""

from __future__ import annotations

from collections.abc import Sequence


def williams(n: int) -> Sequence[Sequence[int]]:
    """Orders of 0 … n - 1 in which each stands at each place equally often and follows each other one equally often.

    n orders for an even n, 2n for an odd one (of more than one). E. J. Williams, "Experimental designs balanced for the
    estimation of residual effects of treatments", Australian Journal of Scientific Research A 2 (1949), 149-168.
    """
    zigzag = [(place + 1) // 2 if place % 2 else (n - place // 2) % n for place in range(n)]
    rows = [[(value + shift) % n for value in zigzag] for shift in range(n)]
    return rows if n % 2 == 0 or n == 1 else [*rows, *(row[::-1] for row in rows)]
