"""What a page holds until it is durable: the rules of the page's own outbox, in a few lines."""

from __future__ import annotations

from prompter_events import ProducerId

from .events import new_producer


class Outbox:
    """Numbers texts, says what to send next, and learns from welcomes and acknowledgements."""

    def __init__(self) -> None:
        self.producer: ProducerId = new_producer()
        self.held: list[str] = []
        """Everything that was ever made: number ``n`` stands at ``n - 1``."""
        self.acknowledged = 0
        self._sent = 0
        self._open = False

    def add(self, text: str) -> None:
        """Number a text."""
        self.held.append(text)

    def welcome(self, durable: int) -> None:
        """A new connection: everything up to ``durable`` is in the log; what follows is sent again."""
        assert self.acknowledged <= durable <= len(self.held)
        self.acknowledged = self._sent = durable
        self._open = True

    def disconnected(self) -> None:
        """Nothing is sent until the next welcome."""
        self._open = False

    def next(self, most: int) -> tuple[int, list[str]] | None:
        """(the number of the first, the next frame of at most so many); none if there is nothing to send now."""
        texts = self.held[self._sent : self._sent + most]
        if not self._open or not texts:
            return None
        first = self._sent + 1
        self._sent += len(texts)
        return first, texts

    def answered(self, durable: int) -> None:
        """The server answered a frame of this connection. No progress tells of a hole: what follows is sent again."""
        assert durable <= len(self.held)
        if durable > self.acknowledged:
            self.acknowledged = durable
            self._sent = max(self._sent, durable)
        else:
            self._sent = self.acknowledged
