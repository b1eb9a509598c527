"""Rows gathered into columns, and the columns as a frame of pandas or polars.

Rows come one by one from a log that may be larger than memory; what is kept of them is little more than the frame
itself will need: numbers as 8 bytes, a category as 4 and each of its texts once.
"""

from __future__ import annotations

import json
from array import array
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, Literal, Protocol

from prompter_projections.text import well_formed

from ..exports.tables import Row
from .columns import Column, Frame, Kind
from .errors import LibraryMissing

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd
    import polars as pl

Library = Literal["pandas", "polars"]
LIBRARIES: tuple[Library, ...] = ("pandas", "polars")

# How numpy, and with it pandas, says that a time or a duration is missing.
_NO_TIME = -(2**63)

# Texts that are held as Python's objects before they are packed.
_PORTION = 10_000


def check_library(library: Library) -> None:
    """Raise ``LibraryMissing`` if frames of this kind cannot be made here. Imports the library."""
    try:
        import numpy  # noqa: F401, PLC0415

        if library == "pandas":
            import pandas  # noqa: F401, PLC0415
        else:
            import polars  # noqa: F401, PLC0415
    except ImportError as error:
        raise LibraryMissing(error.name or library, "a frame") from None


class Rows:
    """The rows of one table, kept as columns."""

    def __init__(self, frame: Frame, library: Library) -> None:
        """Raises ``LibraryMissing``."""
        check_library(library)
        self._frame = frame
        self._library: Library = library
        self._columns: list[_Values] = [_KINDS[column.kind](column, library) for column in frame.columns]
        self._sources = [(column.source or column.name, values.add) for column, values in self._pairs()]

    def _pairs(self) -> Iterator[tuple[Column, _Values]]:
        return zip(self._frame.columns, self._columns, strict=True)

    def add(self, row: Row) -> None:
        """One more row; what it lacks is missing."""
        for source, add in self._sources:
            add(row.get(source))

    def frame(self) -> Any:
        """The frame. Nothing can be added after that."""
        return self._polars() if self._library == "polars" else self._pandas()

    def _pandas(self) -> pd.DataFrame:
        """A frame of pandas. Its ``attrs`` name the table and tell the meaning of each column."""
        import pandas as pd  # noqa: PLC0415

        frame = pd.DataFrame({column.name: values.pandas() for column, values in self._pairs()}, copy=False)
        frame.attrs = {"table": self._frame.name, "columns": {c.name: c.meaning for c in self._frame.columns}}
        return frame

    def _polars(self) -> pl.DataFrame:
        """A frame of polars."""
        import polars as pl  # noqa: PLC0415

        return pl.DataFrame([values.polars().alias(column.name) for column, values in self._pairs()])


class _Values(Protocol):
    """The values of one column."""

    def add(self, value: Any) -> None: ...

    def pandas(self) -> Any: ...

    def polars(self) -> pl.Series: ...


class _Numbers:
    """Whole numbers, and what is made of them: times and durations in µs, truth values."""

    def __init__(self, column: Column, library: Library) -> None:
        self._kind = column.kind
        self._scale = column.scale
        self._values = array("q")
        self._missing = bytearray()

    def add(self, value: Any) -> None:
        self._missing.append(value is None)
        self._values.append(0 if value is None else value * self._scale)

    def _arrays(self) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
        import numpy as np  # noqa: PLC0415

        return np.frombuffer(self._values, dtype="int64"), np.frombuffer(self._missing, dtype="bool")

    def pandas(self) -> Any:
        import pandas as pd  # noqa: PLC0415

        values, missing = self._arrays()
        if self._kind == "whole":
            return pd.arrays.IntegerArray(values, missing)
        if self._kind == "truth":
            return pd.arrays.BooleanArray(values.astype("bool"), missing)
        values[missing] = _NO_TIME
        if self._kind == "duration":
            return pd.Series(values.view("timedelta64[us]"), copy=False)
        return pd.Series(values.view("datetime64[us]"), copy=False).dt.tz_localize("UTC")

    def polars(self) -> pl.Series:
        import polars as pl  # noqa: PLC0415

        values, missing = self._arrays()
        numbers = pl.Series(values).cast(_polars_type(self._kind))
        return pl.select(pl.when(~pl.Series(missing)).then(numbers)).to_series()


class _Categories:
    """Texts of which there are few. Those that the table names come first, so that frames of two logs compare."""

    def __init__(self, column: Column, library: Library) -> None:
        self._fixed = bool(column.values)
        self._texts = list(column.values)
        self._codes = array("i")
        self._known: dict[Any, int] = {None: -1} | {text: code for code, text in enumerate(self._texts)}

    def add(self, value: Any) -> None:
        code = self._known.get(value)
        if code is None:
            text = well_formed(str(value))
            code = self._known.get(text, len(self._texts))
            if code == len(self._texts):
                self._texts.append(text)
            self._known[text] = self._known[value] = code
        self._codes.append(code)

    def pandas(self) -> Any:
        import numpy as np  # noqa: PLC0415
        import pandas as pd  # noqa: PLC0415

        categories = pd.Index(self._texts, dtype="object")
        return pd.Categorical.from_codes(np.frombuffer(self._codes, dtype="int32"), categories=categories)

    def polars(self) -> pl.Series:
        import numpy as np  # noqa: PLC0415
        import polars as pl  # noqa: PLC0415

        codes = pl.Series(np.frombuffer(self._codes, dtype="int32"))
        codes = pl.select(pl.when(codes >= 0).then(codes)).to_series()
        kind = pl.Enum(self._texts) if self._fixed else pl.Categorical()
        return pl.Series(self._texts, dtype=kind).gather(codes)


class _Texts:
    """Texts that any participant may have typed. Portions of them are packed as they come, in the library's own way."""

    def __init__(self, column: Column, library: Library) -> None:
        self._library = library
        self._values: list[str | None] = []
        self._packed: list[Any] = []

    def add(self, value: Any) -> None:
        self._values.append(None if value is None else well_formed(str(value)))
        if len(self._values) >= _PORTION:
            self._pack()

    def _pack(self) -> None:
        if self._library == "polars":
            import polars as pl  # noqa: PLC0415

            self._packed.append(pl.Series(self._values, dtype=pl.String))
        else:
            import pandas as pd  # noqa: PLC0415

            self._packed.append(pd.Series(self._values, dtype="string"))
        self._values = []

    def pandas(self) -> Any:
        import pandas as pd  # noqa: PLC0415

        self._pack()
        return pd.concat(self._packed, ignore_index=True)

    def polars(self) -> pl.Series:
        import polars as pl  # noqa: PLC0415

        self._pack()
        whole: pl.Series = pl.concat(self._packed)
        return whole


class _Lists:
    """Short lists of texts, which come as JSON: in pandas tuples, in polars lists."""

    def __init__(self, column: Column, library: Library) -> None:
        self._values: list[tuple[str, ...] | None] = []

    def add(self, value: Any) -> None:
        self._values.append(None if value is None else tuple(well_formed(str(one)) for one in json.loads(value)))

    def pandas(self) -> Any:
        import pandas as pd  # noqa: PLC0415

        return pd.Series(self._values, dtype="object")

    def polars(self) -> pl.Series:
        import polars as pl  # noqa: PLC0415

        return pl.Series([None if one is None else list(one) for one in self._values], dtype=pl.List(pl.String))


def _polars_type(kind: Kind) -> Any:
    import polars as pl  # noqa: PLC0415

    return {
        "whole": pl.Int64,
        "truth": pl.Boolean,
        "time": pl.Datetime("us", "UTC"),
        "duration": pl.Duration("us"),
    }[kind]


_KINDS: dict[Kind, Callable[[Column, Library], _Values]] = {
    "whole": _Numbers,
    "truth": _Numbers,
    "time": _Numbers,
    "duration": _Numbers,
    "category": _Categories,
    "text": _Texts,
    "list": _Lists,
}
