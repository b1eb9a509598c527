"""The image at work: as ``docker run … bash ./run_image.sh`` starts it, and as JupyterHub does."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

from support.containers import DATABASE_HOST, Container, Served
from support.page import ADDED, OPENED, page, stored

Start = Callable[..., Served]


@pytest.fixture
def container() -> Iterator[Container]:
    """One that nobody has worked in."""
    made = Container("localhost/prompter")
    yield made
    made.remove()


@pytest.fixture
def start(container: Container) -> Iterator[Start]:
    """Starts the image's server; it ends with the test."""
    started: list[Served] = []

    def begin(environment: Mapping[str, str], **options: object) -> Served:
        started.append(Served(container, environment, **options))
        return started[-1]

    yield begin
    for one in started:
        one.stop()


def said_before_jupyter(served: Served) -> list[str]:
    """What a person reads before Jupyter's own lines, which begin with a bracket."""
    lines = list(served.output)
    first = next(number for number, line in enumerate(lines) if line.startswith("["))
    return [line for line in lines[:first] if line]


async def test_an_event_goes_from_a_socket_into_mysql(
    start: Start, container: Container, database: tuple[str, str], tmp_path: Path
) -> None:
    url, password = database
    secret = tmp_path / "password"
    secret.write_text(password)
    secret.chmod(0o444)
    inside = "/run/secrets/prompter_db_password"
    served = start(
        {
            "JP_PLUGIN_USER": "p07",
            "MODE": "EXP_CTS",
            "DOCKER_HOST_IP": DATABASE_HOST,
            "PROMPTER_DB_PASSWORD_FILE": inside,
        },
        files={inside: secret},
    )
    assert said_before_jupyter(served) == [f"{url}: the tables are up to date"]
    assert served.ask("prompter/status")["recording"] is True
    async with page(served) as talk:
        welcome = await talk.hello()
        ack = await talk.send(1, OPENED, ADDED)
        assert ack["producer_seq"] == 2
    kept = await stored(url, talk.session)
    assert {"session.opened", "session.accepted", "cell.added"} <= {event.type for event in kept}
    assert {str(event.participant_id.hex) for event in kept} == {welcome["participant"].hex()}
    healthy = container.run("healthy", environment=served.environment)
    assert (healthy.returncode, healthy.stdout + healthy.stderr) == (0, "")


def test_a_stop_reaches_the_server_itself_and_ends_it_in_order(start: Start, container: Container) -> None:
    served = start({})
    assert "jupyter" in " ".join(served.main_process().cmdline())
    assert served.stop() == 0
    assert "received signal 15, stopping" in "\n".join(served.output)
    sick = container.run("healthy", environment=served.environment)
    assert sick.returncode == 1
    assert sick.stderr.startswith("JupyterLab does not answer: ")
    assert sick.stderr.count("\n") == 1


def test_without_a_password_one_line_says_so_and_work_goes_on(start: Start, database: tuple[str, str]) -> None:
    served = start({"DOCKER_HOST_IP": DATABASE_HOST})
    why, what_then = said_before_jupyter(served)
    assert "PROMPTER_DB_PASSWORD" in why
    assert what_then == "Nothing is recorded until that is mended; JupyterLab starts all the same."
    assert served.ask("prompter/status")["recording"] is False


def test_without_its_database_one_line_says_so_and_work_goes_on(start: Start) -> None:
    served = start({"DOCKER_HOST_IP": "127.0.0.78", "PROMPTER_DB_PASSWORD": "any"})
    why, _ = said_before_jupyter(served)
    assert "127.0.0.78" in why
    assert served.ask("prompter/status")["recording"] is False


def test_any_user_of_the_group_0_can_work_in_it(start: Start) -> None:
    served = start({}, user="12345:0")
    assert served.ask("prompter/status")["recording"] is True
    notebook = {"type": "notebook", "content": {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}}
    assert served.ask("api/contents/sample/mine.ipynb", "PUT", notebook)["writable"] is True
    listed = [one["name"] for one in served.ask("api/contents/")["content"]]
    assert "sample" in listed
    assert "run_image.sh" not in listed


@pytest.mark.parametrize(
    ("environment", "user", "told"),
    [
        ({"PLUGIN_PORT": "http"}, "", "PLUGIN_PORT is 'http': give a number from 1 to 65535"),
        ({"PLUGIN_PORT": "70000"}, "", "PLUGIN_PORT is '70000': give a number from 1 to 65535"),
        (
            {},
            "12345:12345",
            "/home/prompter cannot be written by the user 12345; its group is 0: run with --user 12345:0",
        ),
    ],
)
def test_what_cannot_be_started_is_one_line(
    container: Container, environment: dict[str, str], user: str, told: str
) -> None:
    done = container.run("bash", "./run_image.sh", environment=environment, user=user)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"run_image: {told}\n")


def test_started_by_a_hub_it_is_that_persons_server(container: Container) -> None:
    hub = {"JUPYTERHUB_API_TOKEN": "t"}
    done = container.run("bash", "./run_image.sh", "--version", environment=hub)
    assert done.stdout == container.said("jupyterhub-singleuser", "--version")
    assert (done.returncode, done.stderr) == (0, "")


def test_an_empty_volume_as_the_home_gets_the_sample(start: Start, container: Container) -> None:
    container.said("sh", "-c", "rm -r ~/sample")
    served = start({})
    assert {one["name"] for one in served.ask("api/contents/sample")["content"]} >= {"loans.ipynb", "loans.csv"}
