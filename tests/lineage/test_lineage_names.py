"""Names in code, and which run fed which, against what Python itself does."""

from __future__ import annotations

import ast
from collections.abc import Iterator, MutableMapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from working import Work

from prompter_projections.lineage.names import names_of


@pytest.mark.parametrize(
    ("code", "reads", "binds"),
    [
        ("x = a + b", "a b", "x"),
        ("x += a", "x a", "x"),
        ("x: int = a", "int a", "x"),
        ("x: int", "int", ""),
        ("a, (b, *c) = d", "d", "a b c"),
        ("for i in xs:\n    y = i", "xs", "i y"),
        ("with f() as (g, h): g", "f", "g h"),
        ("[x for x in xs if y]", "xs y", ""),
        ("{k: v for k, v in d.items() if (z := v)}", "d", "z"),
        ("[[y for y in x] for x in xs]", "xs", ""),
        ("import a.b, c as d\nfrom e import f as g", "", "a d g"),
        ("from a import *", "", ""),
        ("def f(x=a):\n    return x + b", "a", "f"),
        ("def f():\n    return b\nf()", "b", "f"),
        ("def f():\n    return b\nb = 1\nf()", "", "f b"),
        ("def f():\n    return g()\ndef g():\n    return b\nf()", "b", "f g"),
        ("def f():\n    global z\n    z = 1", "", "z f"),
        ("class A(B):\n    x = y\n    def m(self):\n        return w", "B y", "A"),
        ("class A:\n    def m(self):\n        return w\nA().m()", "w", "A"),
        ("xs.map(lambda v: v + a)", "xs a", ""),
        ("try:\n    a\nexcept E as e:\n    e", "a E", ""),
        ("match a:\n    case {'k': v, **rest}: v\n    case [b, *c]: c", "a", "v rest b c"),
        ("x = 1\nx", "", "x"),
        ("x\nx = 1", "x", "x"),
        ("x = 1\ndel x", "", ""),
        ("f'{a:{b}}'", "a b", ""),
        ("async def f():\n    async with a as b:\n        return c\nawait f()", "a c", "f"),
    ],
)
def test_names_are_read_and_bound_as_python_does(code: str, reads: str, binds: str) -> None:
    names = names_of(ast.parse(code).body)
    assert set(names.reads) == set(reads.split())
    assert set(names.binds) == set(binds.split())


@pytest.mark.parametrize(
    ("code", "changes"),
    [
        ('df["x"] = 1', [("df", "['x']", True)]),
        ('df["x"] = df["x"] + 1', [("df", "['x']", False)]),
        ('df["x"] += 1', [("df", "['x']", False)]),
        ("df[key] = 1", [("df", "", False)]),
        ("df.columns = names", [("df", ".columns", True)]),
        ('df.loc[0, "x"] = 1', [("df", "", False)]),
        ('del df["x"]', [("df", "['x']", True)]),
        ("df.dropna(inplace=True)", [("df", "", False)]),
        ("df.dropna(inplace=False)", []),
        ("scores.append(1)", [("scores", "", False)]),
        ("model.fit(X, y)", [("model", "fit()", True)]),
        ("import os\nos.remove(p)", []),
        ("[seen.add(x) for x in xs]", [("seen", "", False)]),
        ("sorted(xs)", []),
    ],
)
def test_changes_in_place_are_seen(code: str, changes: list[tuple[str, str, bool]]) -> None:
    found = names_of(ast.parse(code).body).changes
    assert [(each.name, each.part, each.anew) for each in found] == changes


NAMES = st.sampled_from("abcdef")

STATEMENTS = st.one_of(
    st.builds("{} = {} + {}".format, NAMES, NAMES, NAMES),
    st.builds("{} = 1".format, NAMES),
    st.builds("{} += {}".format, NAMES, NAMES),
    st.builds("{}".format, NAMES),
    st.builds("{0} = [{1} for {1} in range(2) if {2}]".format, NAMES, NAMES, NAMES),
    st.builds("for {} in range(2):\n    {} = {}".format, NAMES, NAMES, NAMES),
    st.builds("import math as {}".format, NAMES),
    st.builds("del {}".format, NAMES),
    st.builds("{0} = (lambda {1}: {1} + {2})({3})".format, NAMES, NAMES, NAMES, NAMES),
    st.builds("if {}:\n    {} = {}".format, NAMES, NAMES, NAMES),
)

CELLS = st.lists(STATEMENTS, min_size=1, max_size=4).map("\n".join)

STEPS = st.lists(st.one_of(st.tuples(st.sampled_from("xyz"), CELLS), st.just(None)), min_size=1, max_size=12)


class _Value:
    """Whatever is done to it, it is true and a value."""

    def __add__(self, other: object) -> _Value:
        return self

    __radd__ = __iadd__ = __add__


class _Watched(MutableMapping[str, Any]):
    """A namespace that notes from which run each name was got."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.bound_by: dict[str, int] = {}
        self.run = 0
        self.got: set[tuple[str, int]] = set()

    def __getitem__(self, name: str) -> Any:
        value = self.values[name]
        if name in self.bound_by and self.bound_by[name] != self.run:
            self.got.add((name, self.bound_by[name]))
        return value

    def __setitem__(self, name: str, value: object) -> None:
        self.values[name] = _Value()
        self.bound_by[name] = self.run

    def __delitem__(self, name: str) -> None:
        del self.values[name]
        self.bound_by.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self.values)

    def __len__(self) -> int:
        return len(self.values)


class _Globals(dict[str, Any]):
    """Where inner scopes look names up that are not their own."""

    def __init__(self, watched: _Watched) -> None:
        super().__init__(__builtins__=__builtins__)
        self._watched = watched

    def __missing__(self, name: str) -> Any:
        return self._watched[name]


def _line_of(error: BaseException) -> int:
    trace = error.__traceback__
    line = 0
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == "<cell>":
            line = line or trace.tb_lineno
        trace = trace.tb_next
    return line


@settings(max_examples=150, deadline=None)
@given(STEPS)
def test_runs_are_fed_as_python_feeds_them(steps: list[tuple[str, str] | None]) -> None:
    work, watched, truth = Work(), _Watched(), []
    for step in steps:
        if step is None:
            work.restart()
            watched = _Watched()
            continue
        label, source = step
        watched.run, watched.got = len(truth), set()
        error, line = "", None
        try:
            exec(compile(source, "<cell>", "exec"), _Globals(watched), watched)
        except NameError as raised:
            error, line = f"NameError: {raised}", _line_of(raised)
        work.run(label, source, error=error, line=line)
        truth.append((bool(error), frozenset(watched.got)))
    lineage = work.lineage()
    for node, (failed, got) in zip(lineage.runs, truth, strict=True):
        found = {(source.name, source.run) for source in node.sources}
        if failed:
            # Of the statement that raised, all names count as read.
            assert got <= found, node.source
        else:
            assert got == found, node.source


@settings(max_examples=100, deadline=None)
@given(STEPS)
def test_a_run_feeds_later_ones_of_the_same_kernel_only(steps: list[tuple[str, str] | None]) -> None:
    work = Work()
    for step in steps:
        if step is None:
            work.restart()
        else:
            work.run(*step)
    lineage = work.lineage()
    for node in lineage.runs:
        for other in node.fed_by:
            assert other < node.index
            assert lineage.runs[other].kernel_life == node.kernel_life
            assert node.index in lineage.runs[other].feeds
            assert set(lineage.runs[other].binds) & set(node.reads)
        assert all(node.index in lineage.runs[other].fed_by for other in node.feeds)
        assert not node.survives or lineage.runs[node.index].status == "ok"


def _commented(source: str, marks: list[int]) -> str:
    lines = source.split("\n")
    for number, mark in enumerate(marks[: len(lines)]):
        if mark == 1:
            lines[number] += "  # why 'this'"
        elif mark == 2 and not lines[number].startswith(" "):
            lines[number] = f"# df = a + b\n\n{lines[number]}"
    return "\n".join(lines)


@settings(max_examples=100, deadline=None)
@given(STEPS, st.lists(st.integers(0, 2), min_size=8, max_size=8))
def test_comments_change_nothing(steps: list[tuple[str, str] | None], marks: list[int]) -> None:
    plain, commented = Work(), Work()
    for step in steps:
        if step is None:
            plain.restart()
            commented.restart()
        else:
            plain.run(*step)
            commented.run(step[0], _commented(step[1], marks))
    assert _said(plain) == _said(commented)


def _said(work: Work) -> object:
    lineage = work.lineage()
    return (
        [(n.reads, n.binds, n.changes, n.fed_by, n.feeds, n.survives, n.unknown_names) for n in lineage.runs],
        lineage.results,
        lineage.feeding,
        [[v.runs for v in each.variants] for each in lineage.attempts],
        [(each.runs, each.reasons, each.names) for each in lineage.dead_ends],
        [(each.kind, each.run, each.again, each.detail) for each in lineage.data_steps],
    )


@settings(max_examples=60, deadline=None)
@given(STEPS)
def test_the_kernel_and_the_code_tell_the_same(steps: list[tuple[str, str] | None]) -> None:
    by_code, by_kernel = Work(), Work("prompter")
    for step in steps:
        if step is None:
            by_code.restart()
            by_kernel.restart()
            continue
        by_code.run(*step)
        node = by_code.lineage().runs[-1]
        by_kernel.run(*step, facts={"read": list(node.reads), "bound": list(node.binds)})
    for one, other in zip(by_code.lineage().runs, by_kernel.lineage().runs, strict=True):
        assert (one.facts, other.facts) == ("syntax", "kernel")
        assert (one.fed_by, one.feeds, one.survives) == (other.fed_by, other.feeds, other.survives)
