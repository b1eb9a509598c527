"""``python -m prompter_kernel -f CONNECTION_FILE``: what the kernelspec starts."""

import sys
from pathlib import Path

# ``-m`` puts the working directory, a person's folder, before the standard library: their random.py or queue.py would
# break the kernel while it starts. IPython adds it again for the person's own imports.
if sys.path and Path(sys.path[0] or ".").resolve() == Path.cwd():
    del sys.path[0]

from prompter_kernel.app import PrompterKernelApp

PrompterKernelApp.launch_instance()
