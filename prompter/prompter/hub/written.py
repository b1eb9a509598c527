"""What an operator may write in ``config.yml``: one type for each part of the file.

The reader and the table in ``docs/hub.md`` go by these types. Four names are in capitals, as they have always been.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ..links import MIN_KEY, PARTICIPANT
from ..study.written import Label, Name, Part, Web

MEMORY_UNITS = {"MiB": 1024**2, "GiB": 1024**3}

Key = Annotated[
    str,
    Meta(description=f"a random text of at least {MIN_KEY} characters; `prompter study init` draws one"),
]
"""Its length is checked elsewhere: what is said of a wrong value repeats the value, and this one is secret."""

Memory = Annotated[
    str, Meta(pattern=r"^\d+(\.\d+)?\s*(MiB|GiB)$", description="a size such as 512 MiB or 2 GiB (units: MiB, GiB)")
]
Port = Annotated[int, Meta(ge=1, le=65535)]
Host = Annotated[str, Meta(pattern=r"^[A-Za-z0-9.:-]+$", max_length=253, description="a host's name or address")]
Person = Annotated[
    str,
    Meta(
        pattern=rf"^{PARTICIPANT}$",
        description="an id: lower-case letters, digits, '.', '_' and '-', at most 63, a letter or digit first",
    ),
]


class SqlPart(Part, frozen=True):
    """The database of the study's log. Only the collector is told of it."""

    url: Annotated[str, Meta(pattern=r"^mysql://\S+$", description="mysql://user@host:port/database")]
    """Where the log is. No password belongs here."""
    password_file: Label
    """A file that holds the password of that user, readable by the Hub alone."""


class ResourcesPart(Part, frozen=True):
    """What one participant's server may use. `simple` and `accounts` set no limits."""

    memory: Memory = "1 GiB"
    cpu: Annotated[float, Meta(ge=0.1, le=1000)] = 1.0
    """Processors; 0.5 is half of one."""


class IdlePart(Part, frozen=True):
    """When servers that nobody uses are stopped."""

    minutes: Annotated[int, Meta(ge=0, le=100_000)] = 60
    """After so many minutes without a request. 0: never."""


class LinksPart(Part, frozen=True):
    """The links that `prompter study link` prints."""

    days: Annotated[int, Meta(ge=1, le=3650)] = 30
    """How long a link opens the study, where the command does not say it."""


class QuestionnairesPart(Part, frozen=True):
    """What lies before and after the work."""

    start: Web | None = None
    """A questionnaire that the start page asks people to fill in first. Here and below `{participant}` stands for a
    pseudonym that stays the same, and `{PROLIFIC_PID}`, `{STUDY_ID}` and `{SESSION_ID}` for what a platform told."""
    end: Web | None = None
    """A questionnaire for which the last page asks."""
    code: Label | None = None
    """The completion code that the last page shows."""
    back: Web | None = None
    """Where the last page leads: back to the recruiting platform."""


class TlsPart(Part, frozen=True):
    """The proxy's certificate, where nothing in front of it ends TLS."""

    certificate: Label
    """A PEM file, with the chain."""
    key: Label
    """The PEM file of its key."""


class InsidePart(Part, frozen=True):
    """Ports that no browser needs. They are on the loopback interface unless `containers` says otherwise."""

    hub: Port = 8081
    """The Hub's own."""
    proxy: Port = 8001
    """The proxy's API."""
    collector: Port = 8082
    """The collector's."""


class ContainersPart(Part, frozen=True):
    """Where things are, if participants' servers are containers."""

    network: Name = "prompter-users"
    """The network of the participants' containers. The Hub is in it; the database and the proxy's API are not."""
    hub: Host = "hub"
    """The Hub's name in that network."""
    collector: Host = "127.0.0.1"
    """The Hub's address at which the collector listens, for the proxy alone: one in a network without participants."""
    proxy: Web | None = None
    """The proxy's API, where a container of its own runs the proxy. By default the Hub starts one."""
    proxy_token: Label | None = None
    """A file with the token of that API, which the proxy has as CONFIGPROXY_AUTH_TOKEN."""
    home: Label = "/home/prompter"
    """What of a participant's container is kept in a volume of theirs."""


class HubPart(Part, frozen=True):
    """The whole file."""

    SECRET_KEY: Key
    """From it come the keys of cookies, of the Hub's database and of what the Hub's parts say to each other. A new one
    signs everybody out, and links may be opened from other browsers once more."""
    link_key: Key
    """It seals the study links. A new one makes every link void."""
    metrics_key: Key | None = None
    """What a Prometheus shows to read the collector's figures. By default nobody can but researchers."""
    SQL: SqlPart | None = None
    """The log's database. Without it `prompter study up` starts a MariaDB of its own."""
    IMAGE: Label = "prompter"
    """The container image of participants' servers."""
    HOSTNAME: Host = "localhost"
    """The name in the links. `localhost` can be reached from this machine alone."""
    port: Port = 5000
    """The port in the links, at which the proxy listens."""
    address: Web | None = None
    """The study's address as browsers see it, if something in front of the proxy makes it another one:
    `https://study.example.org`."""
    tls: TlsPart | None = None
    """The proxy's certificate, where nothing in front of it ends TLS."""
    spawner: Literal["simple", "accounts", "docker", "kube"] = "simple"
    """What starts participants' servers. `simple`: processes of the Hub's own account, for trials: people are not kept
    apart. `accounts`: processes on this machine, each under a user id of its own; root runs the Hub. `docker`:
    containers on this machine. `kube`: pods of a cluster."""
    resources: ResourcesPart = ResourcesPart()
    study: Label | None = None
    """`study.yaml`. Without one there is no study: everybody is asked while working."""
    period: Name | None = None
    """The study's period in force. By default its first."""
    materials: Label | None = None
    """A folder that is copied into a participant's home at their first start, by `simple` and `accounts`; an image
    brings its own."""
    idle: IdlePart = IdlePart()
    links: LinksPart = LinksPart()
    open: bool = False
    """`true`: `http://HOSTNAME:port/USER_ID/MODE` signs anybody in as USER_ID, as long as that one has no link. For
    trials: whoever knows or guesses an id is that participant."""
    researchers: tuple[Person, ...] = ()
    """Who sees the monitor, whatever their link says."""
    blinded: tuple[Person, ...] = ()
    """Who sees the monitor without any condition. It counts before `researchers`."""
    questionnaires: QuestionnairesPart = QuestionnairesPart()
    homes: Label = "homes"
    """With `accounts`: the folder of participants' homes. Every account must be able to enter it; each home is its
    owner's alone."""
    data: Label = "data"
    """A folder for what the Hub keeps, beside this file."""
    inside: InsidePart = InsidePart()
    containers: ContainersPart = ContainersPart()


def bytes_of(memory: str) -> int:
    """A size as the file has it, in bytes."""
    unit = memory[-3:]
    return int(float(memory[:-3]) * MEMORY_UNITS[unit])
