"""The kernel's application: ipykernel's own, with our kernel class."""

from __future__ import annotations

from typing import Any

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp
from ipykernel.kernelbase import Kernel
from traitlets import Type

from . import KERNEL_NAME, __version__


class PrompterKernel(IPythonKernel):
    """IPython, and it says in ``kernel_info`` that it is this kernel."""

    implementation = KERNEL_NAME
    implementation_version = __version__


class PrompterKernelApp(IPKernelApp):
    """Keeps ipykernel's own name, so that people's ``ipython_kernel_config.py`` goes on to count."""

    kernel_class: Any = Type(
        PrompterKernel, klass=Kernel, help="The kernel class to start, a subclass of ipykernel's."
    ).tag(config=True)
