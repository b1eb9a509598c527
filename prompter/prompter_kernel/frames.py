"""The shapes of data frames, series and arrays. No value is read but whether it is missing."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from .budget import Budget
from .loaded import clean, loaded_class

#: Columns that are named. A frame may have a hundred thousand.
MOST_COLUMNS = 100

#: Characters of a column's name, of a type's name.
MOST_CHARACTERS = 100

#: Listing the types of more columns takes more than it is worth, so only the first are looked at.
_WIDE = 1_000

#: Missing values are counted in so many numbers: 1 ms.
_MOST_COUNTED = 1_000_000

#: A text or an object costs as much as so many numbers: 20 to 30 ns.
_OBJECT = 10

_NUMBERS = "biufcmM"


@dataclass(frozen=True, slots=True)
class Shape:
    """What is kept of a frame: numbers and names, nothing that refers to it."""

    rows: int
    columns: int
    names: tuple[str, ...] = ()
    dtypes: tuple[str, ...] = ()
    missing: int | None = None

    def fact(self) -> dict[str, Any]:
        """As it is reported."""
        return {
            "rows": self.rows,
            "columns": self.columns,
            "names": list(self.names),
            "dtypes": list(self.dtypes),
            "missing": self.missing,
        }


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of data, and how to look at it: through the class's own attributes, whatever a subclass makes of them."""

    name: str
    size: Callable[[Any], tuple[int, int]]
    """Rows and columns, in a microsecond."""
    shape: Callable[[Any, Budget], Shape]


class Kinds:
    """The kinds of data that can occur now. Made anew for each run, since it holds classes."""

    def __init__(self) -> None:
        self._known: list[tuple[type, Kind]] = []
        for module, name, kind in (
            ("pandas", "DataFrame", _pandas_frame),
            ("pandas", "Series", _pandas_series),
            ("polars", "DataFrame", _polars_frame),
            ("polars", "Series", _polars_series),
            ("numpy", "ndarray", _array),
        ):
            there = loaded_class(module, name)
            if there is not None:
                self._known.append((there, kind(f"{module}.{name}", there)))

    def of(self, class_: type) -> Kind | None:
        """The kind of an object of this class; none if it is no data."""
        for known, kind in self._known:
            if issubclass(class_, known):
                return kind
        return None


def _pandas_frame(name: str, base: Any) -> Kind:
    def size(value: Any) -> tuple[int, int]:
        rows, columns = base.shape.__get__(value)
        return int(rows), int(columns)

    def shape(value: Any, budget: Budget) -> Shape:
        rows, columns = size(value)
        few = value if columns <= _WIDE else value.iloc[:0, :MOST_COLUMNS]
        types = list(base.dtypes.__get__(few))
        cost = rows * sum(_weight(each) for each in types) if columns <= _WIDE else None
        return Shape(
            rows,
            columns,
            _labels(few.columns[:MOST_COLUMNS]),
            _types(types[:MOST_COLUMNS]),
            _counted(cost, budget, lambda: base.isna(value).to_numpy().sum()),
        )

    return Kind(name, size, shape)


def _pandas_series(name: str, base: Any) -> Kind:
    def size(value: Any) -> tuple[int, int]:
        return int(base.__len__(value)), 1

    def shape(value: Any, budget: Budget) -> Shape:
        rows, _ = size(value)
        type_ = base.dtype.__get__(value)
        missing = _counted(rows * _weight(type_), budget, lambda: base.isna(value).to_numpy().sum())
        return Shape(rows, 1, _labels([base.name.__get__(value)]), _types([type_]), missing)

    return Kind(name, size, shape)


def _polars_frame(name: str, base: Any) -> Kind:
    def size(value: Any) -> tuple[int, int]:
        return int(base.height.__get__(value)), int(base.width.__get__(value))

    def shape(value: Any, budget: Budget) -> Shape:
        rows, columns = size(value)
        # Polars keeps the counts with the data.
        missing = _counted(columns * _OBJECT, budget, lambda: sum(base.null_count(value).row(0)) if columns else 0)
        names = base.columns.__get__(value)[:MOST_COLUMNS]
        return Shape(rows, columns, _labels(names), _types(base.dtypes.__get__(value)[:MOST_COLUMNS]), missing)

    return Kind(name, size, shape)


def _polars_series(name: str, base: Any) -> Kind:
    def size(value: Any) -> tuple[int, int]:
        return int(base.__len__(value)), 1

    def shape(value: Any, budget: Budget) -> Shape:
        missing = _counted(_OBJECT, budget, lambda: base.null_count(value))
        return Shape(
            size(value)[0], 1, _labels([base.name.__get__(value)]), _types([base.dtype.__get__(value)]), missing
        )

    return Kind(name, size, shape)


def _array(name: str, base: Any) -> Kind:
    def size(value: Any) -> tuple[int, int]:
        dimensions = base.shape.__get__(value)
        columns = 1
        for each in dimensions[1:]:
            columns *= each
        return (dimensions[0] if dimensions else 1), columns

    def shape(value: Any, budget: Budget) -> Shape:
        rows, columns = size(value)
        type_ = base.dtype.__get__(value)
        # A subclass, such as a masked array, has its own idea of what is missing.
        cost = rows * columns if type_.kind in "fc" and type(value) is base else None
        # Only a NaN is unequal to itself.
        missing = _counted(cost, budget, lambda: base.__ne__(value, value).sum())
        return Shape(rows, columns, (), _types([type_]), 0 if type_.kind in "biu" else missing)

    return Kind(name, size, shape)


def _counted(cost: int | None, budget: Budget, count: Callable[[], Any]) -> int | None:
    if cost is None or cost > _MOST_COUNTED or budget.over():
        return None
    return int(count())


def _weight(type_: Any) -> int:
    return 1 if getattr(type_, "kind", "O") in _NUMBERS and type(type_).__module__.startswith("numpy") else _OBJECT


def _types(types: Iterable[Any]) -> tuple[str, ...]:
    # A polars Enum names its values in parentheses.
    return tuple(clean(str(each).partition("(")[0], MOST_CHARACTERS) for each in types)


def _labels(labels: Iterable[Any]) -> tuple[str, ...]:
    return tuple(_label(each) for each in labels)


def _label(label: Any, depth: int = 2) -> str:
    """A column's name as text. Of what is neither text nor number only the class: its ``__str__`` is not trusted."""
    if type(label) is str:
        return clean(label, MOST_CHARACTERS)
    if label is None or type(label) in (int, float, bool):
        return str(label)[:MOST_CHARACTERS]
    if type(label) is tuple and depth > 0:
        return clean(f"({', '.join(_label(each, depth - 1) for each in label[:8])})", MOST_CHARACTERS)
    if type(label).__module__ == "numpy" and hasattr(label, "item"):
        plain = label.item()
        return _label(plain, 0) if type(plain) is not type(label) else type(label).__name__
    return clean(type(label).__name__, MOST_CHARACTERS)
