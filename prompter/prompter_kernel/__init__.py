"""The kernel ``prompter``: ipykernel, and an extension that tells after each run what it did to the namespace.

Other kernels can load the extension, too: ``%load_ext prompter_kernel``. Imports nothing of ours, and nothing heavy:
the kernel's directory is still in the module search path here.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

__version__ = "0.1.0"

KERNEL_NAME = "prompter"
"""The kernelspec's name, as notebooks carry it."""

DISPLAY_NAME = "Python 3 (prompter)"

__all__ = ["DISPLAY_NAME", "KERNEL_NAME", "__version__", "load_ipython_extension", "unload_ipython_extension"]

_LOADED = "_prompter_facts"


def load_ipython_extension(shell: Any) -> None:
    """What ``%load_ext prompter_kernel`` calls."""
    from .extension import FactsExtension  # noqa: PLC0415  # whoever only asks for the version needs none of it

    if getattr(shell, _LOADED, None) is None:
        facts = FactsExtension(shell)
        facts.load()
        setattr(shell, _LOADED, facts)


def unload_ipython_extension(shell: Any) -> None:
    """What ``%unload_ext prompter_kernel`` calls."""
    facts = getattr(shell, _LOADED, None)
    if facts is not None:
        facts.unload()
        setattr(shell, _LOADED, None)
