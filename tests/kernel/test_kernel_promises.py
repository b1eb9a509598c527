"""What the facts never do: raise, print, keep, copy out, take long, grow."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from prompter_kernel.budget import Budget
from prompter_kernel.message import MOST_BYTES
from prompter_kernel.observer import Observer, Run
from support.kernels import Notebook, kernel

HOSTILE = """
class Meta(type):
    def __getattribute__(cls, name): raise SystemExit('class attribute')
    def __instancecheck__(cls, other): raise SystemExit
    def __subclasscheck__(cls, other): raise SystemExit

class Hostile(metaclass=Meta):
    def __getattribute__(self, name): raise SystemExit('attribute ' + name)
    def __repr__(self): raise KeyboardInterrupt
    def __len__(self): raise MemoryError
    def __eq__(self, other): raise RecursionError
    def __bool__(self): raise SystemExit
    def __iter__(self): raise SystemExit
    __hash__ = None

class Frame(pd.DataFrame):
    @property
    def shape(self): raise SystemExit
    @property
    def columns(self): raise SystemExit
    @property
    def index(self): raise KeyboardInterrupt

class Label:
    def __str__(self): raise SystemExit
    __repr__ = __str__
    def __hash__(self): return 1

class Lying:
    __class__ = pd.DataFrame

hostile, frame, lying = Hostile(), Frame({'a': [1]}), Lying()
odd = pd.DataFrame([[1, 2]], columns=[Label(), 'plain'])
gaps = pd.DataFrame({'a': [Label(), None]})
globals()['x' * 10_000] = 1
"""


def test_hostile_objects_are_left_alone(notebook: Notebook) -> None:
    told = notebook.run(HOSTILE)
    assert (told.status, told.printed, told.error) == ("ok", "", "")
    odd, gaps = (next(each for each in told.all.frames if each.name == name) for name in ("odd", "gaps"))
    assert odd.after is not None
    assert odd.after.names == ["Label", "plain"]
    assert gaps.after is not None
    assert gaps.after.missing == 1
    # IPython itself looks at an object whose name begins a line.
    again = notebook.run("kept = hostile, frame\ndel kept")
    assert (again.status, again.printed, len(again.facts)) == ("ok", "", 1)
    notebook.run("del hostile, frame, lying, odd, gaps")


def test_hostile_estimators_are_left_alone(notebook: Notebook) -> None:
    told = notebook.run(
        "from sklearn.base import BaseEstimator\n"
        "class Model(BaseEstimator):\n"
        "    def __init__(self, a=1, **more): self.a = 2\n"
        "    def fit(self): self.b_ = 1; return self\n"
        "    def __getattribute__(self, name):\n"
        "        if name not in ('fit', 'a', 'b_'): raise SystemExit(name)\n"
        "        return super().__getattribute__(name)\n"
        "    def __repr__(self): raise SystemExit\n"
        "model = Model()\n"
        "_ = model.fit()\n"
        "class __getattr__: pass\n"
    )
    assert (told.status, told.printed) == ("ok", "")
    assert [(each.name, each.parameters) for each in told.all.estimators] == [("model", {"a": "2"})]


def test_nothing_is_kept_alive(notebook: Notebook) -> None:
    notebook.facts(
        "from sklearn.linear_model import Ridge\n"
        "frame, array, pets = pd.DataFrame({'a': [1.0]}), np.ones((3, 2)), pl.DataFrame({'a': [1]})\n"
        "model = Ridge().fit(array, [1, 2, 3])\n"
        "class Local: pass\n"
        "thing = Local()"
    )
    notebook.facts("refs = [weakref.ref(each) for each in (frame, array, pets, model, thing, Local)]")
    notebook.facts("seen = frame.shape, array.shape, pets.shape, thing\ndel seen")
    told = notebook.run("del frame, array, pets, model, thing, Local\ngc.collect()\nprint([ref() for ref in refs])")
    assert told.printed.strip() == str([None] * 6)


def test_an_objects_memory_is_freed_at_once_without_the_collector(notebook: Notebook) -> None:
    notebook.facts("gc.disable()\nheavy = pd.DataFrame({'a': range(10)})\nref = weakref.ref(heavy)")
    notebook.facts("heavy.shape")
    told = notebook.run("del heavy\nprint(ref() is None)\ngc.enable()")
    assert told.printed == "True\n"


def test_no_value_is_in_the_message(notebook: Notebook) -> None:
    told = notebook.run(
        "secret = 'value-4711'\n"
        "frame = pd.DataFrame({'a': ['value-4711', 'b'], 'n': [4711, 2]})\n"
        "frame['c'] = frame['a'].astype('category')\n"
        "pets = pl.DataFrame({'e': pl.Series(['value-4711'], dtype=pl.Enum(['value-4711']))})\n"
        "days = pd.DataFrame([[1]], columns=[pd.Timestamp('2047-11-11')])\n"
        "array = np.array([4711, 4711])\n"
        "frame['a'][0], secret"
    )
    assert told.status == "ok"
    [facts] = told.facts
    said = json.dumps({**facts, "took_us": 0})  # which may be any number
    assert "4711" not in said
    assert "2047" not in said


def test_nothing_is_imported_for_the_person(tmp_path: Path) -> None:
    with kernel(tmp_path, timed=True) as bare:
        facts = bare.facts("x = [1]")
        assert facts.bound == ["x"]
        assert facts.took_us > 0
        told = bare.run("import sys\nprint({'numpy', 'pandas', 'polars', 'sklearn'} & set(sys.modules))")
        assert told.printed == "set()\n"


def test_a_silent_run_tells_nothing(notebook: Notebook) -> None:
    assert notebook.run("quiet = 1", silent=True).facts == []
    assert notebook.run("  \n").facts == []


def test_the_facts_belong_to_the_request(notebook: Notebook) -> None:
    told = notebook.run("x = 1", store_history=False)
    assert told.parents == [told.request]


def test_an_inner_run_is_part_of_the_outer_one(notebook: Notebook) -> None:
    told = notebook.run("%%capture\ninner = pd.DataFrame({'a': [1]})\nget_ipython().run_cell('deeper = 1')")
    assert told.all.bound == ["inner", "deeper"]
    assert notebook.run("get_ipython().run_cell('1 / 0'); after = 1").all.bound == ["after"]


def test_a_cell_that_awaits_is_as_any_other(notebook: Notebook) -> None:
    told = notebook.run("import asyncio\nawait asyncio.sleep(0)\nlater = pd.Series([1])")
    assert (told.all.bound, told.all.frames[0].name) == (["asyncio", "later"], "later")
    assert notebook.run("await asyncio.sleep(0)\n1 / 0").all.read == ["asyncio"]


def test_figures_are_counted_as_they_are_displayed(notebook: Notebook) -> None:
    told = notebook.run(
        "from IPython.display import Image, SVG, HTML, display\n"
        "dot = Image(b'\\x89PNG', format='png')\n"
        "shown = display(dot, display_id=True)\n"
        "shown.update(dot)\n"
        "display(HTML('<b>no figure</b>'))\n"
        "SVG('<svg/>')"
    )
    assert (told.status, told.all.figures) == ("ok", 2)
    assert notebook.run("1").all.figures == 0


class Clock:
    """Each look at it takes a while, in ns."""

    def __init__(self, step: int) -> None:
        self.now, self.step = 0, step

    def __call__(self) -> int:
        self.now += self.step
        return self.now


def arrays(count: int) -> dict[str, object]:
    import numpy as np

    return {f"a{number}": np.ones(3) for number in range(count)}


def test_when_the_time_is_up_the_rest_is_left_out_and_said_so() -> None:
    namespace = arrays(100)
    observer = Observer()
    observer.begin({}, Budget())
    content = observer.observe(Run("x = 1"), namespace, Budget(Clock(1_000_000), 20_000_000))
    assert content["truncated"]
    assert 0 < len(content["frames"]) < 20
    assert content["took_us"] >= 20_000


def test_what_time_did_not_suffice_for_is_seen_after_the_next_run() -> None:
    namespace = arrays(30)
    observer = Observer()
    observer.begin({}, Budget())
    first = observer.observe(Run("x = 1"), namespace, Budget(Clock(1_000_000), 20_000_000))
    then = observer.observe(Run("x = 1"), namespace, Budget())
    assert not then["truncated"]
    assert len(first["frames"]) + len(then["frames"]) == 30


def test_a_message_stays_small_whatever_the_namespace_holds() -> None:
    import pandas as pd

    names = [f"{'ü' * 90}{number}" for number in range(100)]
    namespace: dict[str, Any] = {f"{'n' * 80}{number}": pd.DataFrame(columns=names) for number in range(300)}
    namespace |= {f"{'ö' * 90}{number}": number for number in range(6000)}
    observer = Observer()
    observer.begin({}, Budget())
    content = observer.observe(Run("x = 1"), namespace, Budget(Clock(0)))
    assert content["truncated"]
    assert len(json.dumps(content, ensure_ascii=False).encode()) <= MOST_BYTES


def test_it_loads_into_any_ipython_kernel_and_out_again(tmp_path: Path) -> None:
    with kernel(tmp_path, "python3") as plain:
        assert plain.run("x = 1").facts == []
        assert len(plain.run("%load_ext prompter_kernel").facts) <= 1
        assert plain.run("y = x").all.read == ["x"]
        plain.run("%load_ext prompter_kernel")
        plain.run("%reload_ext prompter_kernel")
        assert len(plain.run("z = x").facts) == 1
        plain.run("%unload_ext prompter_kernel")
        assert plain.run("x").facts == []


def test_without_a_kernel_the_extension_does_nothing() -> None:
    from IPython.core.interactiveshell import InteractiveShell

    shell = InteractiveShell()
    shell.extension_manager.load_extension("prompter_kernel")
    assert shell.run_cell("x = 1").success
    shell.extension_manager.unload_extension("prompter_kernel")


def test_loading_costs_no_module_that_ipykernel_has_not() -> None:
    import subprocess

    script = (
        "import ipykernel.kernelapp, ipykernel.ipkernel, sys; before = set(sys.modules);"
        "import prompter_kernel.extension; print(*sorted(set(sys.modules) - before))"
    )
    listed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in listed if not name.startswith("prompter_kernel")] == []
