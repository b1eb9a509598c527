"""A made-up session that looks like a real one: somebody looks into loans. Same seed, same events.

The desk is that of ``prompter demo``; here nobody listens: prompts come when the story says so, and each event has its
position and its moment of recording at once, without a log.
"""

from __future__ import annotations

from random import Random
from uuid import UUID

import msgspec

from prompter.demo.desk import Desk as MadeUpDesk
from prompter.demo.desk import uuid
from prompter_events.catalogue import Body
from prompter_events.catalogue import notebook as n
from prompter_events.catalogue import prompts as p
from prompter_events.catalogue import runs as r
from prompter_events.catalogue import study as s
from prompter_events.catalogue.runs import RunStatus
from prompter_events.event import Event, NotebookId, ParticipantId, Position, ProducerId, SessionId, draft

__all__ = ["BEGIN", "Desk", "lifelike", "uuid"]

BEGIN = 1_781_010_120_000_000
"""9 June 2026, 13:02 UTC, in µs."""


class Desk(MadeUpDesk):
    """Somebody at work: methods do what a person does, and events come of it. Times are in seconds."""

    def __init__(self, seed: int = 17, first_position: int = 18_215, skew_s: float = 1.5) -> None:
        super().__init__(seed, Random(seed))
        self.session_id = SessionId(uuid(seed, "session"))
        self.participant_id = ParticipantId(uuid(seed, "participant"))
        self.notebook_id = NotebookId(uuid(seed, "notebook"))
        self.page = ProducerId(uuid(seed, "page"))
        self.policy = ProducerId(uuid(seed, "policy"))
        self.first_position = first_position
        self.skew_s = skew_s
        self.offline_until: float | None = None
        self.events: list[Event] = []
        self._seqs: dict[ProducerId, int] = {}

    def emit(self, body: Body, *, at: float | None = None, server: bool = False) -> Event:
        """One event now (or at a second), by the page or by the server."""
        producer = self.policy if server else self.page
        seconds = self.now if at is None else at
        occurred = BEGIN + round((seconds + (self.skew_s if server else 0)) * 1e6)
        self._seqs[producer] = seq = self._seqs.get(producer, 0) + 1
        arrives = seconds + self.skew_s + 0.02
        if not server and self.offline_until is not None and seconds < self.offline_until:
            arrives = self.offline_until + self.skew_s
        event = draft(
            body,
            session_id=self.session_id,
            producer_id=producer,
            producer_seq=seq,
            participant_id=self.participant_id,
            occurred_at=occurred,
        )
        position = Position(self.first_position + len(self.events))
        placed = msgspec.structs.replace(event, position=position, recorded_at=BEGIN + round(arrives * 1e6))
        self.events.append(placed)
        return placed

    def open(self, *cells: tuple[str, str, str], path: str = "loans.ipynb", condition: str = "EXP_CTS") -> None:
        """Open the notebook, given some cells."""
        self.cells = [list(cell) for cell in cells]
        client = n.Client(lab="JupyterLab 4.6.6", extension="0.1.0", browser="Chromium")
        self.emit(n.SessionOpened(notebook_path=path, kernel_name="python3", client=client, cells=self.snapshot()))
        self.emit(
            n.SessionAccepted(
                participant_id=self.participant_id,
                notebook_id=self.notebook_id,
                condition=condition,
                study="loans",
                study_digest=bytes(32),
                clock_offset_ms=round(self.skew_s * 1000),
            ),
            server=True,
        )
        self.emit(r.KernelStarted(kernel_id=self.kernel_id, name="prompter"))

    def run(
        self, cell_id: str, status: RunStatus = "ok", seconds: float = 0.2, output: str = "", error: str = ""
    ) -> UUID:
        """Run a cell, then look at what came."""
        run_id = self.schedule(cell_id)
        self.wait(0.05)
        self.finish(run_id, status, seconds, output, error)
        self.wait(self.random.uniform(4, 14))
        return run_id

    def ask(self, cell_id: str, run_id: UUID | None, question: str, rule: str, *, show: bool = True) -> UUID:
        """A prompt, shown after a moment."""
        prompt_id = uuid(self.seed, "prompt", len(self.events))
        issued = p.PromptIssued(
            prompt_id=prompt_id,
            notebook_id=self.notebook_id,
            cell_id=cell_id,
            run_id=run_id,
            cell_version=1,
            question=question,
            choices=["try out", "check", "clean"],
            language="en",
            author="rule",
            rule=rule,
            trigger=self.events[-1].position,
            deliver="now",
            decided_at=BEGIN,
            after=self.events[-1].position,
        )
        self.emit(issued, server=True)
        if show:
            self.wait(2)
            self.emit(p.PromptShown(prompt_id=prompt_id))
        return prompt_id

    def answer(self, prompt_id: UUID, text: str, choice: str | None = None, after: float = 20) -> None:
        """Answer a prompt."""
        self.wait(after)
        self.emit(p.PromptAnswered(prompt_id=prompt_id, text=text, choice=choice, drafting_ms=round(after * 700)))

    def hold_back(self, cell_id: str, rule: str, reason: str, run_id: UUID | None = None) -> None:
        """A prompt that a rule wished for in vain."""
        self.emit(
            p.PromptSuppressed(
                cell_id=cell_id,
                rule=rule,
                reason=reason,
                decided_at=BEGIN,
                after=0,
                run_id=run_id,
                question="What changed since last time?",
            ),
            server=True,
        )

    def after(self, body: type[p.PromptExpired] | type[p.PromptWithdrawn], prompt_id: UUID) -> None:
        """Let the server end a prompt."""
        self.emit(body(prompt_id=prompt_id, decided_at=BEGIN, after=0), server=True)


def lifelike(seed: int = 17, first_position: int = 18_215) -> list[Event]:  # noqa: PLR0915 - a story is long
    """About forty minutes: ten cells, headings, errors and repairs, moves, removals, pauses, prompts of every fate."""
    desk = Desk(seed, first_position)
    desk.open(("given-1", "markdown", "# Load and look"), ("given-2", "code", ""))
    loans = "given-2"
    desk.wait(8)
    desk.write(loans, 'import pandas as pd\nloans = pd.read_csv("loan.csv")\nloans.shape')
    desk.run(loans, "error", 0.3, error="FileNotFoundError: [Errno 2] No such file or directory: 'loan.csv'")
    desk.write(loans, 'import pandas as pd\nloans = pd.read_csv("loans.csv")\nloans.shape')
    run = desk.run(loans, "ok", 1.4, "(39717, 111)")
    prompt = desk.ask(loans, run, "What are you trying to do or find out in this cell?", "new-cell")
    desk.answer(
        prompt, "Just getting the file in. I want to see how big it is and whether the path works.", "check", 14
    )
    missing = desk.add()
    desk.write(missing, "loans.isna().mean().sort_values(ascending=False).head(10)")
    desk.run(missing, "ok", 0.4, "mths_since_last_record    0.929850\nnext_pymnt_d  0.971297")
    desk.write(missing, "missing = loans.isna().mean()\nmissing[missing > 0].sort_values(ascending=False).round(3)")
    run = desk.run(missing, "ok", 0.3, "next_pymnt_d    0.971")
    desk.hold_back(missing, "substantial-change", "spacing", run)
    scratch = desk.add()
    desk.write(scratch, "import numpy as np\nnp.__version__")
    desk.run(scratch, "ok", 0.1, "'2.1.0'")
    desk.hold_back(scratch, "new-cell", "spacing")
    desk.save()
    desk.emit(n.IdleBegan())
    desk.wait(255)
    desk.emit(n.IdleEnded())
    desk.add("markdown", "# Clean")
    clean = desk.add()
    desk.write(clean, 'clean = loans.dropna(subset=["annual_inc"])\nlen(loans), len(clean)')
    run = desk.run(clean, "ok", 0.3, "(39717, 39717)")
    prompt = desk.ask(clean, run, "What are you trying to do or find out in this cell?", "new-cell")
    desk.wait(40)
    desk.emit(p.PromptDismissed(prompt_id=prompt, reason="skip"))
    desk.write(clean, 'clean = loans.copy()\nclean["years"] = clean["emp_length"].astype(float)\nlen(clean)', 0.3)
    for _ in range(2):
        desk.run(clean, "error", 0.2, error="ValueError: could not convert string to float: '10+ years'")
    better = (
        'clean = loans.copy()\nclean["years"] = clean["emp_length"].str.extract(r"(\\d+)")[0].astype(float)\nlen(clean)'
    )
    desk.write(clean, better)
    desk.run(clean, "ok", 0.6, "39717")
    desk.offline_until = desk.now + 42
    burden = desk.add()
    desk.write(burden, 'clean["burden"] = clean["instalment"] * 12 / clean["annual_inc"]\nclean["burden"].describe()')
    desk.run(burden, "error", 0.2, error="KeyError: 'instalment'")
    desk.write(burden, 'clean["burden"] = clean["installment"] * 12 / clean["annual_inc"]\nclean["burden"].describe()')
    desk.offline_until = None
    run = desk.run(burden, "ok", 0.3, "count    39717.000000\nmean         0.079")
    prompt = desk.ask(burden, run, "You repaired an error. What was wrong?", "error-repaired")
    desk.answer(prompt, "I wrote instalment the British way, the column says <b>installment</b>.", None, 55)
    split = desk.add()
    desk.write(
        split,
        "from sklearn.model_selection import train_test_split\n"
        "X_train, X_test = train_test_split(clean, random_state=7)",
    )
    desk.run(split, "ok", 1.1)
    desk.save()
    desk.emit(s.RecordingPaused())
    desk.wait(226)
    desk.emit(s.RecordingResumed(cells=desk.snapshot()))
    desk.add("markdown", "# Models")
    logit = desk.add()
    first = (
        "from sklearn.linear_model import LogisticRegression\n"
        + "logit = LogisticRegression(max_iter=1000)\nlogit.fit(X_train, y_train)"
    )
    desk.write(logit, first)
    desk.run(logit, "error", 0.4, error="NameError: name 'y_train' is not defined")
    y = desk.add("code", 'y = clean["loan_status"].eq("Charged Off")', desk.index(logit), "paste")
    desk.wait(5)
    desk.run(y, "ok", 0.2)
    desk.write(split, desk.cells[desk.index(split)][2].replace("X_train, X_test", "X_train, X_test, y_train, y_test"))
    desk.move(y, desk.index(split))
    desk.run(split, "ok", 1.2)
    fit = "\n".join(
        [
            "from sklearn.linear_model import LogisticRegression",
            "from sklearn.pipeline import make_pipeline",
            "logit = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))",
            "logit.fit(X_train, y_train)",
            "roc_auc_score(y_test, logit.predict_proba(X_test)[:, 1])",
        ]
    )
    desk.write(logit, fit, 0.22)
    desk.run(logit, "ok", 48, "0.971")
    desk.write(logit, fit.replace("max_iter=1000", "max_iter=1000, C=0.1"))
    run = desk.run(logit, "ok", 31, "0.971")
    prompt = desk.ask(logit, run, "What does this score tell you?", "model-scored")
    desk.answer(prompt, "0.97 is far too good for loans. Something in here already knows the answer.", "check", 30)
    desk.wait(25)
    desk.hold_back(logit, "many-runs", "spacing", run)
    run = desk.run(split, "ok", 0.9)
    expiring = desk.ask(split, run, "You came back to this cell. What for?", "returning")
    leak = 'leaky = ["recoveries", "total_pymnt"]\nclean = clean.drop(columns=leaky)\n'
    desk.write(burden, leak + desk.cells[desk.index(burden)][2])
    desk.run(burden, "ok", 0.4)
    desk.save()
    desk.emit(n.IdleBegan())
    desk.wait(330)
    desk.emit(n.IdleEnded())
    desk.emit(r.KernelRestarted(kernel_id="k1", name="prompter"))
    desk.wait(4)
    waiting = [desk.schedule(cell) for cell in (loans, missing, clean, burden, y, split, logit)]
    for number, run in enumerate(waiting):
        if number < 3:
            desk.finish(run, "ok", 1.5)
        elif number == 3:
            desk.finish(run, "error", 0.2, error="NameError: name 'np' is not defined")
        else:
            desk.finish(run, "aborted")
    desk.wait(20)
    desk.remove(scratch)
    desk.write(loans, "import numpy as np\n" + desk.cells[desk.index(loans)][2])
    for cell in (loans, missing, clean, burden, y, split):
        desk.run(cell, "ok", 0.6)
    desk.after(p.PromptExpired, expiring)
    sampler = desk.add(index=desk.index(logit))
    desk.write(
        sampler, "from imblearn.over_sampling import SMOTE\nX_train, y_train = SMOTE().fit_resample(X_train, y_train)"
    )
    run = desk.run(sampler, "error", 0.2, error="ModuleNotFoundError: No module named 'imblearn'")
    withdrawn = desk.ask(sampler, run, "What are you trying to do or find out in this cell?", "new-cell")
    desk.wait(9)
    desk.run(sampler, "error", 0.2, error="ModuleNotFoundError: No module named 'imblearn'")
    desk.remove(sampler)
    desk.after(p.PromptWithdrawn, withdrawn)
    boost = desk.add()
    desk.write(
        boost,
        "from sklearn.ensemble import HistGradientBoostingClassifier\n"
        "boost = HistGradientBoostingClassifier().fit(X_train, y_train)",
    )
    desk.run(boost, "ok", 22, "0.713")
    show = desk.add()
    desk.write(show, "from IPython.display import HTML\nHTML(\"<script>sort('auc')</script>\" + table.to_html())")
    desk.run(show, "ok", 0.2, "<table><script>sort('auc')</script></table>")
    desk.remove(show)
    desk.emit(s.CaptureLost(count=12, reason="the browser's store was full"))
    best = desk.add()
    desk.write(best, "# which one catches more of the bad loans?\nrecall_score(y_test, boost.predict(X_test))")
    run = desk.run(best, "ok", 0.3, "0.482")
    prompt = desk.ask(best, run, "What did you want to compare here?", "new-cell")
    desk.wait(6)
    desk.emit(p.PromptSnoozed(prompt_id=prompt, until=BEGIN + 10**10))
    desk.write(best, desk.cells[desk.index(best)][2] + "\nrecall_score(y_test, logit.predict(X_test))")
    desk.run(best, "ok", 0.3, "0.391")
    run = desk.schedule(best)
    desk.wait(0.2)
    desk.emit(r.RunStarted(run_id=run))
    desk.wait(30)
    desk.emit(r.KernelDied(kernel_id="k1", name="prompter"))
    desk.finish(run, "lost")
    desk.wait(25)
    desk.save()
    desk.wait(40)
    desk.emit(n.SessionClosed(reason="tab closed"))
    return desk.events
