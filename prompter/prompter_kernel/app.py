"""The kernel's application: ipykernel's own, with our kernel class and our extension."""

from __future__ import annotations

from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel
from traitlets import Type

from . import KERNEL_NAME, __version__

EXTENSION = "prompter_kernel"


class PrompterKernel(IPythonKernel):
    """IPython, and it says in ``kernel_info`` that it is this kernel."""

    implementation = KERNEL_NAME
    implementation_version = __version__


class PrompterKernelApp(IPKernelApp):
    """Keeps ipykernel's own name, so that people's ``ipython_kernel_config.py`` goes on to count."""

    kernel_class: Any = Type(
        PrompterKernel, klass=Kernel, help="The kernel class to start, a subclass of ipykernel's."
    ).tag(config=True)

    def init_extensions(self) -> None:
        """Whatever a person's configuration loads, the facts are told; if they cannot be, the kernel works without."""
        super().init_extensions()  # type: ignore[no-untyped-call]
        shell: Any = self.shell
        try:
            shell.extension_manager.load_extension(EXTENSION)
        except Exception:
            self.log.warning("The extension %s does not load; no facts are told", EXTENSION, exc_info=True)
