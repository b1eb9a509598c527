"""The study service: what many participants' pages send comes here, and here alone is the log."""
