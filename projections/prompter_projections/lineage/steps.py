"""What code does to data, by its syntax tree: loads, filters, joins …, and which files it reads and writes.

Known by the names of the calls, as pandas, polars, numpy and scikit-learn have them. A step counts where its outcome
gets a name or changes an object in place; what is only shown is a look.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from .findings import StepKind
from .walking import walked

#: Characters of a piece of code that is shown.
MOST_SHOWN = 200

_BY_KIND: dict[StepKind, str] = {
    "loaded": "loadtxt genfromtxt",
    "joined": "merge join concat merge_asof join_asof merge_ordered vstack hstack concatenate",
    "filtered": "query dropna drop_nulls drop_duplicates filter nlargest nsmallest sample",
    "dropped": "drop",
    "selected": "select",
    "derived": "assign with_columns",
    "filled": "fillna fill_null fill_nan interpolate ffill bfill",
    "encoded": "get_dummies to_dummies factorize cut qcut",
    "grouped": "groupby group_by pivot_table crosstab resample",
    "reshaped": "melt pivot stack unstack explode transpose unpivot",
    "sorted": "sort_values sort_index",
    "split": "train_test_split",
}

_CALLS = {name: kind for kind, names in _BY_KIND.items() for name in names.split()}

_READING = ("read_", "scan_", "fetch_")
_LOADING = ("load_", "loads_")
_NO_DATA = frozenset({"load_ext", "load_dotenv", "read_config", "load_model", "read_text"})

_WRITERS = frozenset(
    {"to_csv", "to_parquet", "to_excel", "to_json", "to_feather", "to_pickle", "to_hdf", "to_html", "to_latex"}
    | {"to_stata", "write_csv", "write_parquet", "write_json", "write_excel", "write_html", "write_image", "savefig"}
    | {"savetxt", "savez", "savez_compressed"}
)

#: ``np.save("x.npy", x)``, ``joblib.dump(model, "model.joblib")``: by module, since the words alone say little.
_MODULE_WRITERS = {("np", "save"): 0, ("numpy", "save"): 0, ("joblib", "dump"): 1}
_MODULE_READERS = {("np", "load"): 0, ("numpy", "load"): 0, ("joblib", "load"): 0}

_CONDITIONS = frozenset(
    {"isin", "notna", "isna", "notnull", "isnull", "between", "contains", "startswith", "endswith", "duplicated"}
    | {"eq", "ne", "gt", "ge", "lt", "le", "is_in", "is_null", "is_not_null"}
)


@dataclass(frozen=True)
class CodeStep:
    """One step as the code says it."""

    kind: StepKind
    names: tuple[str, ...]
    inputs: tuple[str, ...]
    files: tuple[str, ...]
    detail: str
    whole: bool = True
    """Whether the names got what came of it; else it is a piece of a larger step."""


@dataclass(frozen=True)
class CodeFiles:
    """Paths and addresses that stand in the code as texts."""

    read: tuple[str, ...]
    written: tuple[str, ...]


class Segments:
    """Pieces of a source as it was written."""

    def __init__(self, source: str) -> None:
        # As the parser counts lines and, in bytes, columns.
        self._lines = source.encode("utf-8", "replace").split(b"\n")

    def of(self, node: ast.expr | ast.stmt) -> str:
        """The node's text on one line, shortened."""
        first, last = node.lineno - 1, (node.end_lineno or node.lineno) - 1
        if first == last:
            lines = [self._lines[first][node.col_offset : node.end_col_offset]]
        else:
            lines = [self._lines[first][node.col_offset :], *self._lines[first + 1 : last]]
            lines.append(self._lines[last][: node.end_col_offset])
        text = " ".join(line.decode("utf-8", "replace").strip() for line in lines)
        return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"


def steps_of(statements: Iterable[ast.stmt], segments: Segments) -> tuple[CodeStep, ...]:
    """The steps, in the order of the code; of one statement each kind once."""
    steps: list[CodeStep] = []
    for statement in _flat(statements):
        found: dict[StepKind, CodeStep] = {}
        names, value = _targets(statement)
        if value is not None:
            for node in walked(value):  # what is outside comes first
                step = _step(node, names, segments)
                if step is not None:
                    found.setdefault(step.kind, replace(step, whole=not found))
        derived = _derived(statement, segments)
        if derived is not None:
            found.setdefault("derived", derived)
        # What is inside runs first: what was loaded can then be filtered.
        steps.extend(reversed(found.values()))
    return tuple(steps)


def files_of(statements: Iterable[ast.stmt]) -> CodeFiles:
    """Files by the texts in reading and writing calls."""
    read: dict[str, None] = {}
    written: dict[str, None] = {}
    for statement in statements:
        for node in walked(statement):
            if not isinstance(node, ast.Call):
                continue
            name = _called(node)
            if is_loading(node):
                read.update(dict.fromkeys(_texts(node, 0)))
            elif name in _WRITERS:
                written.update(dict.fromkeys(_texts(node, 0)))
            elif _of_module(node) in _MODULE_WRITERS:
                written.update(dict.fromkeys(_texts(node, _MODULE_WRITERS[_of_module(node)])))
            elif name == "open" and isinstance(node.func, ast.Name):
                mode = _mode(node)
                (written if set(mode) & set("wax+") else read).update(dict.fromkeys(_texts(node, 0)))
            elif name in {"read_text", "read_bytes", "write_text", "write_bytes"}:
                paths = _texts(node.func.value, 0) if isinstance(node.func, ast.Attribute) else ()
                (written if name.startswith("write") else read).update(dict.fromkeys(paths))
    return CodeFiles(tuple(read), tuple(written))


def is_loading(node: ast.Call) -> bool:
    """Whether a call brings data from outside."""
    name = _called(node)
    if name in _NO_DATA:
        return False
    return name.startswith(_READING + _LOADING) or _CALLS.get(name) == "loaded" or _of_module(node) in _MODULE_READERS


def _step(node: ast.AST, names: tuple[str, ...], segments: Segments) -> CodeStep | None:
    match node:
        case ast.Call():
            return _called_step(node, names, segments)
        case ast.Subscript(ctx=ast.Load(), slice=condition) if names and _is_condition(condition):
            return CodeStep("filtered", names, _names_in(node), (), segments.of(condition))
        case ast.Subscript(ctx=ast.Load(), slice=ast.List(elts=[ast.Constant(value=str()), *_])) if names:
            return CodeStep("selected", names, _names_in(node), (), segments.of(node))
    return None


def _called_step(node: ast.Call, names: tuple[str, ...], segments: Segments) -> CodeStep | None:
    called = _called(node)
    if is_loading(node):
        kind: StepKind = "loaded"
    elif called in _WRITERS or _of_module(node) in _MODULE_WRITERS:
        written = tuple(_texts(node, _MODULE_WRITERS.get(_of_module(node), 0)))
        if not (node.args or node.keywords):
            return None  # it gives a text
        return CodeStep("saved", (), _names_in(node), written, segments.of(node))
    elif called in _CALLS and not _is_text_join(node):
        kind = _CALLS[called]
    else:
        return None
    if kind == "dropped" and not any(each.arg in {"columns", "axis"} for each in node.keywords):
        kind = "filtered"
    changed = _in_place(node)
    if not names and changed is None and kind != "loaded":
        return None
    files = tuple(_texts(node, 0)) if kind == "loaded" else ()
    return CodeStep(kind, names or (changed or ()), _names_in(node), files, segments.of(node))


def _derived(statement: ast.stmt, segments: Segments) -> CodeStep | None:
    match statement:
        case ast.Assign(targets=[ast.Subscript(value=ast.Name(id=name), slice=ast.Constant(value=str()))], value=value):
            return CodeStep("derived", (name,), _names_in(value), (), segments.of(statement))
    return None


def _names_in(node: ast.expr) -> tuple[str, ...]:
    """In the order in which they stand."""
    found = [each for each in walked(node) if isinstance(each, ast.Name)]
    found.sort(key=lambda each: (each.lineno, each.col_offset))
    return tuple(dict.fromkeys(each.id for each in found))


def _targets(statement: ast.stmt) -> tuple[tuple[str, ...], ast.expr | None]:
    """The names that a statement's value gets, and the value."""
    match statement:
        case ast.Assign(targets=targets, value=value):
            nodes = [each for target in targets for each in walked(target) if isinstance(each, ast.Name)]
            names = [each.id for each in nodes if isinstance(each.ctx, ast.Store)]
            return tuple(names), value
        case ast.AnnAssign(target=ast.Name(id=name), value=value):
            return (name,), value
        case ast.AugAssign(target=ast.Name(id=name), value=value):
            return (name,), value
        case ast.Expr(value=value):
            return (), value
    return (), None


def _in_place(node: ast.Call) -> tuple[str, ...] | None:
    for each in node.keywords:
        if each.arg == "inplace" and isinstance(each.value, ast.Constant) and each.value.value is True:
            match node.func:
                case ast.Attribute(value=ast.Name(id=name)):
                    return (name,)
    return None


def _is_condition(node: ast.expr) -> bool:
    match node:
        case ast.Compare() | ast.BoolOp() | ast.UnaryOp(op=ast.Invert()):
            return True
        case ast.BinOp(op=ast.BitAnd() | ast.BitOr()):
            return True
        case ast.Call(func=ast.Attribute(attr=name)):
            return name in _CONDITIONS
        case ast.Tuple(elts=[first, *_]):
            return _is_condition(first)
    return False


def _is_text_join(node: ast.Call) -> bool:
    """``", ".join(…)``, ``os.path.join(…)``."""
    match node.func:
        case ast.Attribute(attr="join", value=ast.Constant() | ast.JoinedStr() | ast.Attribute(attr="path")):
            return True
    return False


def _of_module(node: ast.Call) -> tuple[str, str]:
    match node.func:
        case ast.Attribute(value=ast.Name(id=module), attr=name):
            return module, name
    return "", ""


def _called(node: ast.Call) -> str:
    match node.func:
        case ast.Attribute(attr=name) | ast.Name(id=name):
            return name
    return ""


def _texts(node: ast.AST, at: int) -> Iterator[str]:
    """The path that a call is given, by place or by name."""
    if not isinstance(node, ast.Call):
        return
    given = node.args[at] if len(node.args) > at else None
    for each in node.keywords:
        if each.arg in {"filepath_or_buffer", "path", "path_or_buf", "fname", "io", "source", "file", "excel_writer"}:
            given = given or each.value
    match given:
        case ast.Constant(value=str(path)):
            yield path[:MOST_SHOWN]
        case ast.Call(func=ast.Name(id="Path"), args=[ast.Constant(value=str(path))]):
            yield path[:MOST_SHOWN]


def _mode(node: ast.Call) -> str:
    given = node.args[1] if len(node.args) > 1 else None
    for each in node.keywords:
        if each.arg == "mode":
            given = each.value
    return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else "r"


def _flat(statements: Iterable[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements with those inside them, without the bodies of functions and classes."""
    for statement in statements:
        yield statement
        if not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for name in ("body", "orelse", "finalbody"):
                yield from _flat(getattr(statement, name, ()))
            for handler in getattr(statement, "handlers", ()):
                yield from _flat(handler.body)
