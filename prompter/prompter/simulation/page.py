"""The plot as one self-contained HTML file: opens offline, runs no script, and treats what was typed as data."""

from __future__ import annotations

from prompter_projections.timeline import facts
from prompter_projections.timeline.markup import escaped
from prompter_projections.timeline.paper import file, sheet

from .plot import document, letter, told
from .simulated import Simulated
from .verdicts import Verdict

_STYLE = """
main{max-width:1280px;margin:0 auto;padding:0 0 56px}
h1{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}
figure{margin:0}
svg{display:block;max-width:100%;height:auto}
.verdict:hover{stroke-width:2}
h2{font-size:16px;margin:24px 28px 6px}
.wide{overflow-x:auto;margin:0 28px}
table{border-collapse:collapse;font-size:12.5px}
caption{text-align:left;color:var(--ink2);padding-bottom:6px}
th,td{text-align:left;padding:3px 14px 3px 0;border-bottom:1px solid var(--hair);vertical-align:top;white-space:nowrap}
th{color:var(--ink2);font-weight:600}
td:last-child{font-family:var(--mono);white-space:pre}
"""


def html(simulated: Simulated) -> bytes:
    """The page, in UTF-8: the drawing, then every verdict in a table for those who do not see it."""
    title = "Simulated: " + " and ".join(policy.name for policy in simulated.policies)
    body = f"""<main>
<h1>{escaped(title)}</h1>
<figure aria-label="What was asked and held back, by session and rule, along the time">{document(simulated)}</figure>
{"".join(_table(simulated, number) for number in range(len(simulated.policies)))}
</main>"""
    return file(title, body, sheet(_STYLE))


def _table(simulated: Simulated, number: int) -> str:
    policy = simulated.policies[number]
    name = f"{letter(number)} {policy.name}" if len(simulated.policies) > 1 else policy.name
    rows = "".join(_row(verdict) for verdict in policy.verdicts)
    headings = "".join(f'<th scope="col">{word}</th>' for word in ("when (UTC)", "who", "rule", "what", "cell"))
    return f"""<h2>{escaped(name)}</h2>
<div class="wide"><table><caption>{escaped(told(policy, simulated.worked))}</caption>
<thead><tr>{headings}</tr></thead><tbody>{rows}</tbody></table></div>
"""


def _row(verdict: Verdict) -> str:
    what = f"asked, {verdict.fate}" if verdict.asked else f"held back: {verdict.reason}"
    moment = f"{facts.moment(verdict.decided_at):%Y-%m-%d %H:%M:%S}"
    cells = (moment, str(verdict.participant_id)[:8], verdict.rule, what, verdict.cell)
    return f"<tr>{''.join(f'<td>{escaped(cell)}</td>' for cell in cells)}</tr>"
