"""The kernel ``prompter``: ipykernel under a name of its own.

Imports nothing of ours, and nothing heavy: the kernel's directory is still in the module search path here.
"""

__version__ = "0.1.0"

KERNEL_NAME = "prompter"
"""The kernelspec's name, as notebooks carry it."""

DISPLAY_NAME = "Python 3 (prompter)"

__all__ = ["DISPLAY_NAME", "KERNEL_NAME", "__version__"]
