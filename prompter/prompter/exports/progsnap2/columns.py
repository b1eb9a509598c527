"""The columns of a ProgSnap2 1.0 main table that an export fills, in their order, and what each holds here.

Names, datatypes and requirements are those of the specification ``progsnap2-v1.0``; what the specification has no
column for begins with ``X-``, as it asks.
"""

from __future__ import annotations

MAIN_TABLE: dict[str, str] = {
    "EventID": "the event's position in the log; a second and later row made of one event has `-2`, `-3` … behind it",
    "Order": "position in the log × 100,000 + the number of the row within its event: unique, and the order of the log",
    "SubjectID": "the participant",
    "EventType": "see the table of events",
    "CodeStateID": "the row of CodeStates.csv with the text of the event's cell, or of the whole notebook, as the "
    "event left it; empty where the event is about neither, or the text is not known",
    "ToolInstances": "front end, plugin and kernel",
    "ServerTimestamp": "when the server recorded the event",
    "ClientTimestamp": "when it happened, by the page's clock; empty for what the server did",
    "SessionID": "one notebook open in one page, from opening to closing",
    "ProjectID": "the notebook: the same in all sessions of this participant with this file",
    "AssignmentID": "the study; empty without one",
    "ProblemID": "the task or section at work, where the study names any",
    "ExperimentalCondition": "study and condition",
    "ParentEventID": "the event that this one belongs to: of an answer the question, of a Compile.Error the Compile",
    "CodeStateSection": "the cell's id; of File.Save and File.Rename the notebook's path",
    "DestinationCodeStateSection": "the notebook's new path",
    "EventInitiator": "who or what did it",
    "EditType": "what kind of edit",
    "SourceLocation": "`Text:line:column` where the edit begins, both counted from 1 (columns in characters); "
    "`Text:line` of a compile error",
    "InsertText": "what the edit put in, as one piece",
    "DeleteText": "what the edit took out, as one piece",
    "DeleteLength": "how many characters the edit took out",
    "ExecutionID": "one run of one cell",
    "ExecutionResult": "how the run ended; Timeout is an interrupted one",
    "ProgramOutput": "file with what the run printed and showed, as far as the study keeps it",
    "ProgramErrorOutput": "file with standard error and the traceback, as far as the study keeps them",
    "CompileResult": "Error, where Python could not parse the cell",
    "CompileMessageType": "the error's class",
    "CompileMessageData": "the error's message",
    "InterventionCategory": "X-Question",
    "InterventionType": "the rule that asked",
    "InterventionMessage": "the question",
    "IsFabricatedEvent": "true for Compile and Compile.Error, which are concluded from the run's error",
    "LoggingErrorID": "see LinkTables/LinkLoggingError.csv",
    "X-CellType": "code, markdown or raw",
    "X-CellIndex": "the cell's place in the notebook, counted from 0",
    "X-RunVersion": "which run of the cell this is, counted from 1",
    "X-DurationMs": "how long the kernel took for the run, ms",
    "X-ErrorName": "the class of the error that ended the run",
    "X-ErrorMessage": "its message",
    "X-Answer": "the participant's words",
    "X-Choices": "the choices taken, as a JSON list",
    "X-DraftingMs": "from the first focus to sending, ms",
    "X-Data": "of an event without columns of its own: its fields as JSON",
}

CODE_STATES = ("CodeStateID", "Code")

LINK_TABLES: dict[str, dict[str, str]] = {
    "LinkSubject": {
        "SubjectID": "the participant",
        "X-Sessions": "how many sessions of theirs are in this data set",
        "X-Study": "the studies that they took part in, as a JSON list",
        "X-Condition": "the conditions that they worked in, as a JSON list",
    },
    "LinkSession": {
        "SessionID": "the session",
        "SubjectID": "whose it is",
        "ProjectID": "the notebook",
        "X-Continues": "the session that the same page had on this notebook before",
        "X-Shared": "whether several people could edit the notebook at once",
        "X-Kernel": "name of the kernel",
        "X-Client": "name and version of the front end",
    },
    "LinkLoggingError": {
        "LoggingErrorID": "the error; also the EventID of the row that tells of it",
        "SubjectID": "the participant",
        "SessionID": "the session",
        "ProjectID": "the notebook",
        "X-Type": "capture.lost: events that can never arrive; capture.invalid: one that could not be understood",
        "X-Count": "how many events",
        "X-Explanation": "why",
    },
}

CONDITION_COLUMNS = frozenset({"ExperimentalCondition", "X-Condition"})
"""Left out of a blind release."""

EVENT_TYPES: dict[str, tuple[str, str]] = {
    "session.opened": ("Session.Start, Project.Open, File.Open", "one File.Open for each cell, with its text"),
    "session.closed": ("Project.Close, Session.End", ""),
    "notebook.saved": ("File.Save", "CodeStateSection is the notebook's path, the code state the whole notebook"),
    "notebook.renamed": ("File.Rename", ""),
    "notebook.reloaded": (
        "X-Notebook.Reloaded, File.Create, File.Delete, File.Edit",
        "one row for each cell that differs, its EditType X-Reload",
    ),
    "recording.resumed": (
        "X-Recording.Resumed, File.Create, File.Delete, File.Edit",
        "likewise: what a pause of the recording changed",
    ),
    "cell.added": ("File.Create", ""),
    "cell.removed": ("File.Delete", "the code state is what the cell held"),
    "cell.edited": ("File.Edit", "one for each burst of typing of at most half a second"),
    "focus.changed": ("File.Focus, X-Focus.Changed", "X-Focus.Changed where no cell or no visible page has the focus"),
    "run.scheduled": ("X-Run.Scheduled", "the moment at which the person asked for the run"),
    "run.started": ("X-Run.Started", ""),
    "run.finished": (
        "Run.Program, X-Run.Aborted, X-Run.Lost, Compile, Compile.Error",
        "aborted: an earlier cell failed, so this one did not run; lost: nobody saw its end; Compile and Compile.Error "
        "are concluded from a SyntaxError, IndentationError or TabError",
    ),
    "prompt.issued": ("X-Prompt.Issued", "nobody has seen the question yet"),
    "prompt.shown": ("Intervention", "the question was visible for a second"),
    "prompt.answered": ("X-Prompt.Answered", "X-Answer and X-Choices; ParentEventID is the Intervention"),
    "prompt.amended": ("X-Prompt.Amended", "the answer was changed; likewise"),
    "prompt.focused": ("X-Prompt.Focused", "ParentEventID is the Intervention"),
    "prompt.dismissed": ("X-Prompt.Dismissed", "likewise"),
    "prompt.snoozed": ("X-Prompt.Snoozed", "likewise"),
    "prompt.expired": ("X-Prompt.Expired", "likewise"),
    "prompt.withdrawn": ("X-Prompt.Withdrawn", "likewise"),
    "capture.lost": ("X-Capture.Lost", "with a LoggingErrorID"),
    "capture.invalid": ("X-Capture.Invalid", "with a LoggingErrorID"),
}
"""What events of the log become here. Each other type of a session becomes one event of its name behind ``X-``."""
