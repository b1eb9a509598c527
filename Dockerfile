# JupyterLab with Prompter: for one person (./run_image.sh builds and runs it) and as a participant's server under
# JupyterHub. `--target hub` is the image of Hub and collector. docs/image.md tells how they are used.
#
# BASE_IMAGE needs Python 3.11 or newer with venv, and bash; nothing else is taken from its packages.
ARG BASE_IMAGE=python:3.12-slim-bookworm

# The wheel. Node.js, which builds the plugin, comes by the lock file too and stays here.
FROM ${BASE_IMAGE} AS build
# Behind a proxy with a certificate of its own, Node.js trusts what the system trusts.
ENV VIRTUAL_ENV=/opt/build PIP_NO_CACHE_DIR=1 NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
WORKDIR /src
COPY image/build.lock image/
RUN python3 -m venv "$VIRTUAL_ENV" \
    && "$VIRTUAL_ENV/bin/pip" install --require-hashes --requirement image/build.lock
COPY . .
RUN scripts/wheel.sh

# What is shipped, each in the environment that it is copied to: the locked packages first, which change less often.
FROM ${BASE_IMAGE} AS hub-environment
ENV PIP_NO_CACHE_DIR=1
COPY image/hub.lock /tmp/
RUN python3 -m venv /opt/prompter \
    && /opt/prompter/bin/pip install --require-hashes --requirement /tmp/hub.lock
COPY --from=build /src/build/wheel /tmp/wheel
RUN /opt/prompter/bin/pip install --no-deps /tmp/wheel/*.whl \
    && /opt/prompter/bin/pip check

FROM ${BASE_IMAGE} AS environment
ENV PIP_NO_CACHE_DIR=1
COPY image/single-user.lock /tmp/
RUN python3 -m venv /opt/prompter \
    && /opt/prompter/bin/pip install --require-hashes --requirement /tmp/single-user.lock
COPY --from=build /src/build/wheel /tmp/wheel
RUN /opt/prompter/bin/pip install --no-deps /tmp/wheel/*.whl \
    && /opt/prompter/bin/pip check \
    && /opt/prompter/bin/python -m prompter_kernel.install --sys-prefix
COPY sample /opt/prompter/share/prompter/sample
COPY image/jupyter_server_config.py /opt/prompter/etc/jupyter/
COPY image/healthy.py /opt/prompter/bin/healthy

FROM ${BASE_IMAGE} AS hub
RUN useradd --uid 1000 --non-unique --create-home --shell /bin/bash prompter \
    && install --directory --owner=1000 --group=0 --mode=0770 /srv/jupyterhub
COPY --from=hub-environment /opt/prompter /opt/prompter
COPY notebook-server/jupyterhub_config.py /srv/jupyterhub/
ENV HOME=/home/prompter USER=prompter PATH=/opt/prompter/bin:$PATH
# By number: Kubernetes cannot see that a name is not root.
USER 1000
WORKDIR /srv/jupyterhub
# The Hub and the collector; the proxy has an image of its own.
EXPOSE 8081 8082
CMD ["jupyterhub", "--config", "/srv/jupyterhub/jupyterhub_config.py"]

FROM ${BASE_IMAGE}
COPY --from=environment /opt/prompter /opt/prompter
COPY image/run_image.sh /srv/prompter/run_image.sh
# The home belongs to the group 0 as well, whose member any user is that a cluster chooses.
RUN useradd --uid 1000 --non-unique --create-home --shell /bin/bash prompter \
    && cp --recursive /opt/prompter/share/prompter/sample /home/prompter/ \
    && chown --recursive 1000:0 /home/prompter \
    && chmod --recursive u=rwX,g=rwX,o= /home/prompter
# USER: programs ask for its name, which an arbitrary number has not.
ENV HOME=/home/prompter USER=prompter PATH=/opt/prompter/bin:$PATH PLUGIN_PORT=8888
USER 1000
# Not the home: a volume there must not hide what starts the server, nor keep an old one.
WORKDIR /srv/prompter
EXPOSE 8888
HEALTHCHECK --interval=30s --timeout=5s --start-period=60s CMD ["healthy"]
CMD ["bash", "./run_image.sh"]
