"""``python -m prompter.commands``: the same as ``prompter``."""

from . import main

main()
