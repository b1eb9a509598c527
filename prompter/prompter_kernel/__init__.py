"""The kernel `prompter`."""
