"""Which names a cell reads and binds."""

from __future__ import annotations

import pytest

from prompter_kernel.budget import Budget
from prompter_kernel.names import Names
from prompter_kernel.observer import Observer, Run
from prompter_kernel.source import statements_of

TABLE = [
    ("y = x + 1", "x", "y"),
    ("x = 1\ny = x", "", "x y"),
    ("x = x + 1", "x", "x"),
    ("x += 1", "x", "x"),
    ("x: int = y", "int y", "x"),
    ("x: int", "int", ""),
    ("df['a'] = df['b']", "df", ""),
    ("df.a = b", "b df", ""),
    ("del x", "", ""),
    ("x = 1\ndel x", "", ""),
    ("for i in items:\n    total += i", "items total", "i total"),
    ("for x in x:\n    pass", "x", "x"),
    ("with open(p) as f, g as (a, b):\n    pass", "open p g", "f a b"),
    ("import a.b, c as d\nfrom e import f, g as h\nfrom i import *", "", "a d f h"),
    ("[v for v in rows if v > w]", "rows w", ""),
    ("x = [x for x in x]", "x", "x"),
    ("{k: v for k, v in pairs}", "pairs", ""),
    ("any((last := v) for v in rows)", "any rows", "last"),
    ("if (n := len(rows)) > 1:\n    print(n)", "len rows print", "n"),
    ("def f(a, b=c):\n    d = a\n    return d + e", "c e", "f"),
    ("def f(n):\n    return f(n - 1)", "", "f"),
    ("def f():\n    return g()\ndef g():\n    return 1", "", "f g"),
    ("def f():\n    global seen\n    seen = 1", "", "seen f"),
    ("key = lambda r: r[column]", "column", "key"),
    ("@cached\ndef f(x: T) -> U:\n    pass", "cached T U", "f"),
    ("class A(B):\n    size = n\n    def m(self):\n        return self.size", "B n", "A"),
    ("try:\n    a\nexcept E as e:\n    print(e)", "a E print", ""),
    ("match v:\n    case {'a': x, **rest}:\n        pass\n    case [y, *z]:\n        pass", "v", "x rest y z"),
    ("a, (b, *c) = d", "d", "a b c"),
    ("await thing\nasync for i in stream:\n    pass", "thing stream", "i"),
    ("get_ipython().run_cell_magic('time', '', 'y = x\\n')", "x", "y"),
    ("y = x\n1 +", "", ""),
    ("", "", ""),
]


@pytest.mark.parametrize(("source", "read", "bound"), TABLE)
def test_a_cell_reads_what_it_loads_before_it_stores_it(source: str, read: str, bound: str) -> None:
    names = Names(statements_of(source))
    assert (list(names.read), list(names.bound)) == (read.split(), bound.split())


def test_what_stands_below_the_statement_that_raised_did_not_run() -> None:
    names = Names(statements_of("a = b\nc = 1 / 0\nd = e", ended_at=2))
    assert (list(names.read), list(names.bound)) == (["b"], ["a", "c"])


def test_deep_nesting_takes_no_longer_than_its_length() -> None:
    source = "\n".join(f"{' ' * depth}def f{depth}():" for depth in range(40)) + f"\n{' ' * 40}return x"
    assert list(Names(statements_of(source)).read) == ["x"]


def observed(source: str, before: dict[str, object], after: dict[str, object]) -> tuple[list[str], list[str]]:
    observer = Observer({"In", "Out"})
    observer.begin(before, Budget())
    content = observer.observe(Run(source), after, Budget())
    return content["read"], content["bound"]


def test_names_that_are_not_the_persons_are_not_told() -> None:
    namespace: dict[str, object] = {"x": 1, "_": 2, "Out": {}, "y": 3}
    assert observed("y = len([x, _, Out, nowhere])", {"x": 1}, namespace) == (["x"], ["y"])


def test_a_name_that_the_run_removed_was_read() -> None:
    assert observed("print(x)\ndel x", {"x": 1}, {}) == (["x"], [])


def test_names_that_came_by_other_ways_are_bound() -> None:
    assert observed("exec(code)", {"code": ""}, {"code": "", "made": 1}) == (["code"], ["made"])


@pytest.mark.parametrize("source", ["x = " + "(" * 3000 + ")" * 3000, "x = 1\n" * 5000, "x" + ".a" * 3900])
def test_a_source_too_long_or_too_deep_is_not_taken_apart(source: str) -> None:
    content = Observer().observe(Run(source), {"x": 1}, Budget())
    assert content["read"] == []
