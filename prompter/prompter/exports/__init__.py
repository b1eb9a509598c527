"""What leaves the log: releases under pseudonyms, as tables and in the field's formats."""

from .formats import FORMATS, Format, register
from .key import Key, pseudonym_key
from .ocel2 import Ocel2
from .progsnap2 import ProgSnap2
from .provenance import Prov
from .release import Release
from .released import Released
from .stream import ReleasedLog, ReleasedSession, open_release
from .table_files import TABLE_FORMATS
from .write import Export, ExportFailed, check_target, format_named, write_export

register(*TABLE_FORMATS, ProgSnap2(), Ocel2(), Prov())

__all__ = [
    "FORMATS",
    "Export",
    "ExportFailed",
    "Format",
    "Key",
    "Release",
    "Released",
    "ReleasedLog",
    "ReleasedSession",
    "check_target",
    "format_named",
    "open_release",
    "pseudonym_key",
    "register",
    "write_export",
]
