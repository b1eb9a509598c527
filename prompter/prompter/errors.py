"""What an operator or a participant must mend: one line each, that says what to do."""

from __future__ import annotations

from prompter_events.errors import PrompterError


class SettingInvalid(PrompterError):
    """A setting, condition, study file or rule that cannot be used. It will not mend by itself."""
