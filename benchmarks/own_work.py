"""How long the plugin's functions ran in a page, by a clock around each of them."""

from __future__ import annotations

import json
import subprocess
from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Page, Route

SCRIPTS = "**/extensions/jupyterlab-prompter/static/*.js*"

ISOLATED = {"Cross-Origin-Opener-Policy": "same-origin", "Cross-Origin-Embedder-Policy": "require-corp"}
"""A browser's clock has steps of 5 µs in a page with these headers, of 100 µs in any other.

https://developer.mozilla.org/en-US/docs/Web/API/Performance_API/High_precision_timing
"""

REWRITTEN = "--disable-features=LocalNetworkAccessChecks"
"""An argument of Chromium: to it, a page that was rewritten on its way is none of the loopback interface."""

LOAD = """
addEventListener('keydown', function load() {
    const until = performance.now() + %f;
    while (performance.now() < until);
}, true);
"""

CLOCK = """
window.clocked = (() => {
    const spans = new Float64Array(4e6);
    const names = [];
    let depth = 0, count = 0, began = 0, name = '';
    return {
        enter(called) {
            if (depth++ === 0) {
                name = called;
                began = performance.now();
            }
        },
        leave() {
            if (--depth === 0) {
                const ended = performance.now();
                if (ended > began) {
                    names[count / 2] = name;
                    spans[count++] = began;
                    spans[count++] = ended;
                }
            }
        },
        clear() { count = 0; },
        get spans() { return Array.from(spans.subarray(0, count)); },
        get names() { return names.slice(0, count / 2); }
    };
})();
window.__awaiter = (self, given, _, body) => new Promise((resolve, reject) => {
    const parts = body.apply(self, given);
    const run = (how, value) => {
        clocked.enter(body.name || 'async');
        try {
            const { done, value: next } = parts[how](value);
            if (done) {
                resolve(next);
            } else {
                Promise.resolve(next).then(value => run('next', value), error => run('throw', error));
            }
        } catch (error) {
            reject(error);
        } finally {
            clocked.leave();
        }
    };
    run('next');
});
"""
"""What the clocked scripts call. Only the outermost function's time is kept: [began, ended, began, ...] in ms."""


@dataclass(frozen=True)
class Span:
    """A function of the plugin that nothing else of the plugin had called, in ms of the page's clock."""

    name: str
    began: float
    ended: float


class OwnWork:
    """What a page's plugin did since the clock was cleared."""

    def __init__(self, spans: Sequence[Span]) -> None:
        self._spans = spans

    @property
    def entries(self) -> frozenset[str]:
        """The functions that something else than the plugin called."""
        return frozenset(span.name for span in self._spans)

    def by_entry(self) -> list[tuple[str, list[float]]]:
        """What each of them took, ms; those that took most first."""
        took: dict[str, list[float]] = {}
        for span in self._spans:
            took.setdefault(span.name, []).append(span.ended - span.began)
        return sorted(took.items(), key=lambda entry: -sum(entry[1]))

    def between(self, moments: Sequence[float]) -> list[float]:
        """ms of work from each moment (ms, ascending) to the next; what was before the first or after the last is left
        out."""
        sums = [0.0] * (len(moments) - 1)
        for index, span in _placed(self._spans, moments):
            sums[index] += span.ended - span.began
        return sums

    def longest(self, moments: Sequence[float]) -> list[float]:
        """ms of the longest single call, from each moment to the next: what can hold up a key at most."""
        longest = [0.0] * (len(moments) - 1)
        for index, span in _placed(self._spans, moments):
            longest[index] = max(longest[index], span.ended - span.began)
        return longest


def _placed(spans: Iterable[Span], moments: Sequence[float]) -> Iterator[tuple[int, Span]]:
    for span in spans:
        index = bisect_right(moments, span.began) - 1
        if 0 <= index < len(moments) - 1:
            yield index, span


def clock(context: BrowserContext, only: Collection[str] | None = None) -> None:
    """Have every page of a context clock the plugin's functions, all of them or only those of these names."""
    context.add_init_script(CLOCK)
    context.route(SCRIPTS, lambda route: _clocked(route, only))
    context.route("**/lab/tree/**", _isolated)


def cleared(page: Page) -> None:
    """Forget what was clocked so far."""
    assert page.evaluate("() => crossOriginIsolated"), "the page's clock is too coarse"
    page.evaluate("() => clocked.clear()")


def own_work(page: Page) -> OwnWork:
    """What was clocked."""
    names, flat = page.evaluate("() => [clocked.names, clocked.spans]")
    return OwnWork([Span(*facts) for facts in zip(names, flat[::2], flat[1::2], strict=True)])


def load(page: Page, ms: float) -> None:
    """Let the plugin waste so many ms at each key, from now on."""
    page.route("**/jupyterlab-prompter/load.js", lambda route: route.fulfill(body=_rewritten(LOAD % ms, None)))
    page.add_script_tag(url="/lab/extensions/jupyterlab-prompter/load.js")


def _clocked(route: Route, only: Collection[str] | None) -> None:
    response = route.fetch()
    route.fulfill(response=response, body=_rewritten(response.text(), only))


def _isolated(route: Route) -> None:
    response = route.fetch()
    route.fulfill(response=response, headers={**response.headers, **ISOLATED})


def _rewritten(script: str, only: Collection[str] | None) -> str:
    rewrite = ["node", str(Path(__file__).with_name("clocked.mjs"))]
    names = [] if only is None else [json.dumps(sorted(only))]
    return subprocess.run([*rewrite, *names], input=script, capture_output=True, text=True, check=True).stdout
