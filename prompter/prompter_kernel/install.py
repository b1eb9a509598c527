"""``python -m prompter_kernel.install``: makes the kernel known to Jupyter."""

from __future__ import annotations

import argparse
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from ipykernel.kernelspec import write_kernel_spec
from jupyter_client.kernelspec import KernelSpecManager

from . import DISPLAY_NAME, KERNEL_NAME


def install_kernel(*, prefix: Path | None) -> Path:
    """Write the kernelspec for this very Python; one that is there already is replaced.

    ``prefix``: an environment's directory, such as ``sys.prefix``; None installs for the user. Returns the directory
    of the kernelspec. Raises ``OSError`` if it cannot be written.
    """
    specification = {
        # An absolute path: a Jupyter in another environment starts this one's Python. Without frozen modules, as
        # ipykernel itself: the debugger warns about them.
        "argv": [sys.executable, "-Xfrozen_modules=off", "-m", "prompter_kernel", "-f", "{connection_file}"],
        "display_name": DISPLAY_NAME,
    }
    with tempfile.TemporaryDirectory(prefix="prompter-kernel-") as made:
        directory = Path(made) / KERNEL_NAME
        write_kernel_spec(directory, overrides=specification)
        installed: str = KernelSpecManager().install_kernel_spec(
            str(directory),
            KERNEL_NAME,
            user=prefix is None,
            prefix=None if prefix is None else str(prefix),
        )
    return Path(installed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the exit code is 0 if the kernel is installed."""
    parser = argparse.ArgumentParser(
        prog="python -m prompter_kernel.install",
        description=f"Makes the kernel '{DISPLAY_NAME}' known to Jupyter.",
        epilog="Example: python -m prompter_kernel.install --sys-prefix",
    )
    place = parser.add_mutually_exclusive_group()
    place.add_argument("--user", action="store_true", help="for you alone, in your home directory (the default)")
    place.add_argument("--sys-prefix", action="store_true", help="in the environment of this Python")
    place.add_argument("--prefix", type=Path, metavar="DIR", help="in DIR/share/jupyter/kernels")
    chosen = parser.parse_args(arguments)
    prefix = Path(sys.prefix) if chosen.sys_prefix else chosen.prefix
    try:
        directory = install_kernel(prefix=prefix)
    except OSError as error:
        print(f"the kernel cannot be installed: {error}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"installed the kernel {KERNEL_NAME} in {directory}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
