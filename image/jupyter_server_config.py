"""Where Jupyter stands in the image: notebooks live in the home directory, and the programs do not."""

import os

c = get_config()  # noqa: F821  # Jupyter's
c.ServerApp.root_dir = os.environ["HOME"]
