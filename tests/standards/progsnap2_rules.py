"""What the specification of ProgSnap2 1.0 asks of a data set, written down from it for the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd

REQUIRED_COLUMNS = {"EventType", "EventID", "CodeStateID", "SubjectID", "ToolInstances"}

KNOWN_COLUMNS = REQUIRED_COLUMNS | {
    "Order", "ClientTimestamp", "ServerTimestamp", "CourseID", "CourseSectionID", "TermID", "AssignmentID",
    "AssignmentIsGraded", "ProblemID", "ProblemIsGraded", "Attempt", "ExperimentalCondition", "TeamID",
    "LoggingErrorID", "IsFabricatedEvent", "ParentEventID", "SessionID", "ProjectID", "ResourceID", "CodeStateSection",
    "CopiedText", "DestinationCodeStateSection", "EventInitiator", "EditType", "CompileResult", "CompileMessageType",
    "CompileMessageData", "SourceLocation", "ExecutionID", "TestID", "ExecutionResult", "Score", "ExtraCreditScore",
    "ProgramInput", "ProgramOutput", "ProgramErrorOutput", "InterventionCategory", "InterventionType",
    "InterventionMessage", "InsertText", "DeleteText", "DeleteLength",
}  # fmt: skip

COLUMNS_OF = {
    "Session.Start": {"SessionID"},
    "Session.End": {"SessionID"},
    "Project.Open": {"ProjectID"},
    "Project.Close": {"ProjectID"},
    "File.Create": {"CodeStateSection"},
    "File.Delete": {"CodeStateSection"},
    "File.Open": {"CodeStateSection"},
    "File.Close": {"CodeStateSection"},
    "File.Save": {"CodeStateSection"},
    "File.Rename": {"CodeStateSection", "DestinationCodeStateSection"},
    "File.Copy": {"CodeStateSection", "DestinationCodeStateSection"},
    "File.Edit": {"CodeStateSection", "EditType"},
    "File.Focus": {"CodeStateSection"},
    "Compile": {"CodeStateSection", "CompileResult"},
    "Compile.Error": {
        "ParentEventID", "CodeStateSection", "CompileMessageType", "CompileMessageData", "SourceLocation",
    },
    "Submit": set(),
    "Run.Program": {"ExecutionResult"},
    "Run.Test": {"ExecutionID", "TestID", "ExecutionResult"},
    "Resource.View": {"ResourceID"},
    "Intervention": {"EventInitiator", "InterventionCategory", "InterventionType", "InterventionMessage"},
}  # fmt: skip

VALUES = {
    "EventInitiator": {
        "UserDirectAction", "UserIndirectAction", "ToolReaction", "ToolTimedEvent", "InstructorDirectAction",
        "InstructorIndirectAction", "TeamMemberDirectAction", "TeamMemberIndirectAction",
    },
    "EditType": {
        "Insert", "Delete", "Replace", "Move", "Paste", "Undo", "Redo", "Refactor", "Reset", "GenericEdit",
    },
    "CompileResult": {"Success", "Warning", "Error"},
    "ExecutionResult": {"Success", "Timeout", "Error", "TestFailed"},
    "InterventionCategory": {"Feedback", "Hint", "CodeHighlight", "CodeChange", "EarnedGrade"},
}  # fmt: skip

MAY_BE_OUR_OWN = {"EditType", "InterventionCategory"}
"""Enumerations to which a producer may add values that begin with ``X-``."""


def table(path: Path) -> pd.DataFrame:
    """A table as pandas reads it, every value a text; what is missing is the empty one."""
    read = pd.read_csv(path, dtype=str, keep_default_na=False)
    for column in read:
        # The README tells to take one apostrophe off.
        read[column] = read[column].str.replace(r"\A'", "", regex=True)
    return read


def problems(directory: Path) -> list[str]:
    """Where a data set breaks a rule."""
    main = table(directory / "MainTable.csv")
    states = table(directory / "CodeStates" / "CodeStates.csv")
    metadata = table(directory / "DatasetMetadata.csv")
    found = [*_columns(main), *_keys(main, states), *_events(main)]
    if list(metadata) != ["Property", "Value"] or list(states) != ["CodeStateID", "Code"]:
        found.append("metadata or code states have other columns")
    for column in ("ServerTimestamp", "ClientTimestamp"):
        pd.to_datetime(main[column].replace("", None).dropna(), format="%Y-%m-%dT%H:%M:%S.%f%z")
    found += [
        f"{path} is no file"
        for column in ("ProgramOutput", "ProgramErrorOutput")
        for path in set(main[column]) - {""}
        if not (directory / path).is_file()
    ]
    return found


def _columns(main: pd.DataFrame) -> Iterator[str]:
    if missing := REQUIRED_COLUMNS - set(main):
        yield f"no columns {missing}"
    if strange := {name for name in main if not name.startswith("X-")} - KNOWN_COLUMNS:
        yield f"columns {strange} are neither known nor begin with X-"
    for column in REQUIRED_COLUMNS - {"CodeStateID"}:
        if (main[column] == "").any():
            yield f"{column} is empty somewhere"


def _keys(main: pd.DataFrame, states: pd.DataFrame) -> Iterator[str]:
    for of, column in ((main, "EventID"), (states, "CodeStateID")):
        if of[column].duplicated().any():
            yield f"a {column} stands twice"
    if unknown := set(main["CodeStateID"]) - set(states["CodeStateID"]) - {""}:
        yield f"code states {unknown} do not exist"
    if unknown := set(main["ParentEventID"]) - set(main["EventID"]) - {""}:
        yield f"parents {unknown} do not exist"


def _events(main: pd.DataFrame) -> Iterator[str]:
    for kind, rows in main.groupby("EventType"):
        if not str(kind).startswith("X-") and kind not in COLUMNS_OF:
            yield f"{kind} is no event type"
        for column in COLUMNS_OF.get(str(kind), set()):
            if (rows[column] == "").any():
                yield f"{kind} without {column}"
    for column, values in VALUES.items():
        for value in set(main[column]) - values - {""}:
            if column not in MAY_BE_OUR_OWN or not value.startswith("X-"):
                yield f"{column} is {value}"
