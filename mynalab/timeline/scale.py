"""The axis of the picture. A quarter of an hour, a night and five years are to be seen side by side.

So the axis is no clock: it goes from one moment at which something changes to the next, a little further the longer the
time in between.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from math import log10
from typing import Final

_STEP: Final = 74
"""What the label of a moment needs."""
_A_TENFOLD: Final = 12


class Scale:
    """Where a moment stands between ``left`` and ``right``. Only moments that it was made of have a place."""

    def __init__(self, moments: Iterable[datetime], *, left: int) -> None:
        self.moments = sorted(set(moments))
        self._places = [left]
        for before, after in zip(self.moments, self.moments[1:], strict=False):
            minutes = (after - before).total_seconds() / 60
            self._places.append(self._places[-1] + _STEP + round(_A_TENFOLD * log10(1 + minutes)))

    @property
    def right(self) -> int:
        """Where the last one stands."""
        return self._places[-1]

    def place(self, moment: datetime) -> int:
        """Its place in whole pixels."""
        return self._places[bisect_left(self.moments, moment)]
