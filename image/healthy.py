#!/opt/prompter/bin/python3
"""Ends with 0 if the JupyterLab of this container answers.

Whether it records is asked at prompter/status: people may work on without.
"""

import os
import sys
import urllib.request
from urllib.parse import urlsplit

#: Docker asks each 30 s; a server that needs longer than this is not well.
SECONDS = 4

# Under JupyterHub the address that the Hub gave: http://0.0.0.0:8888/user/p01/
given = urlsplit(os.environ.get("JUPYTERHUB_SERVICE_URL") or f"http://:{os.environ.get('PLUGIN_PORT') or 8888}/")
try:
    urllib.request.urlopen(f"http://127.0.0.1:{given.port}{given.path}api", timeout=SECONDS).close()
except OSError as error:
    sys.exit(f"JupyterLab does not answer: {error}")
