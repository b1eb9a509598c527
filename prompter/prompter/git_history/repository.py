"""Writes a history as a git repository, whole or not at all. No program ``git`` is needed."""

from __future__ import annotations

import errno
import os
import secrets
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from dulwich.index import Index, index_entry_from_stat
from dulwich.objects import Blob, ObjectID, Tree
from dulwich.objects import Commit as GitCommit
from dulwich.pack import UnpackedObject, full_unpacked_object
from dulwich.refs import Ref
from dulwich.repo import Repo

from prompter_events.erasure import Progress
from prompter_projections.commits import Commit, History
from prompter_projections.ipynb import IpynbWriter
from prompter_projections.pseudonym import address

from ..errors import SettingInvalid
from .delta import delta
from .file_name import file_name
from .message import message

_BRANCH = b"main"
_FILE = 0o100644

# How many differences may stand on one another before a notebook is written in full, so that reading stays quick. As
# git's own pack.depth.
_DEPTH = 50


def check_directory(directory: Path) -> Path:
    """Where the repository goes, without symbolic links. Raises ``SettingInvalid`` if that is taken or impossible."""
    place = directory.resolve()
    if not place.exists():
        if not place.parent.is_dir():
            raise SettingInvalid(f"{directory} cannot be made: {place.parent} is no directory")
    elif not place.is_dir():
        raise SettingInvalid(f"{directory} is a file: name a directory that is new or empty")
    elif any(place.iterdir()):
        raise _not_empty(directory)
    elif place == Path.cwd():
        raise SettingInvalid(f"{directory} is where you stand and cannot be replaced: name a new directory in it")
    return place


def write_repository(directory: Path, history: History, progress: Progress | None = None) -> int:
    """Write the history into ``directory``, which is new or empty; how many commits it has.

    ``progress(done, total)`` counts them. It is built beside the directory and put in place when it is whole; whatever
    happens before leaves nothing behind. Raises ``SettingInvalid`` and ``OSError``.
    """
    place = check_directory(directory)
    with _building(place) as scratch:
        with Repo.init(scratch, default_branch=_BRANCH) as repository:
            written = _Written(history)
            commits = [*history.runs, history.left]
            for number, commit in enumerate(commits, 1):
                written.add(commit)
                if progress is not None:
                    progress(number, len(commits))
            objects = written.objects
            repository.object_store.add_pack_data(len(objects), iter(objects))
            repository.refs[Ref(b"refs/heads/" + _BRANCH)] = written.last_id
            _check_out(repository, os.fsencode(scratch), written)
        try:
            scratch.rename(place)
        except OSError as error:
            if error.errno in {errno.ENOTEMPTY, errno.EEXIST}:
                raise _not_empty(directory) from None
            if error.errno in {errno.EBUSY, errno.EXDEV}:
                raise SettingInvalid(f"{directory} cannot be replaced: name a new directory in it") from None
            raise
    return written.count


class _Written:
    """The objects of a repository, so far."""

    def __init__(self, history: History) -> None:
        self.objects: list[UnpackedObject] = []
        self.count = 0
        self.last_id = ObjectID(b"")
        self.name = self.content = b""
        """The file as the last commit has it."""
        self.blob_id = ObjectID(b"")
        self._history = history
        self._author = f"{history.author} <{address(history.author)}>".encode("ascii")
        self._ipynb = IpynbWriter()
        self._tree_id = ObjectID(b"")
        self._known: set[ObjectID] = set()
        self._base: list[bytes] = []
        self._base_sha = b""
        self._depth = _DEPTH

    def add(self, commit: Commit) -> None:
        """The next commit. The work as it was left adds nothing if the last run left it so."""
        pieces = self._ipynb.pieces(commit.notebook)
        content = b"".join(pieces)
        name = file_name(commit.notebook.path).encode()
        blob, tree = Blob.from_string(content), Tree()
        tree.add(name, _FILE, blob.id)
        if commit.run is None and tree.id == self._tree_id:
            return
        if blob.id not in self._known:
            self._known.add(blob.id)
            self.objects.append(self._difference(blob, pieces))
        if tree.id not in self._known:
            self._known.add(tree.id)
            self.objects.append(full_unpacked_object(tree))
        made = self._commit(commit, tree.id)
        self.objects.append(full_unpacked_object(made))
        self.count += 1
        self.last_id, self._tree_id, self.blob_id = made.id, tree.id, blob.id
        self.name, self.content = name, content

    def _commit(self, commit: Commit, tree_id: ObjectID) -> GitCommit:
        made = GitCommit()
        made.tree = tree_id
        made.parents = [self.last_id] if self.last_id else []
        made.author = made.committer = self._author
        made.author_time, made.author_timezone = commit.authored_at // 1_000_000, 0
        made.commit_time, made.commit_timezone = commit.committed_at // 1_000_000, 0
        made.message = message(commit, self._history).encode()
        return made

    def _difference(self, blob: Blob, pieces: list[bytes]) -> UnpackedObject:
        """A file as what differs from the one before it, where that is worth it."""
        sha, base_sha = blob.sha().digest(), self._base_sha
        changes = delta(self._base, pieces) if self._depth < _DEPTH else None
        self._base, self._base_sha = pieces, sha
        if changes is None or 2 * len(changes) > blob.raw_length():
            self._depth = 0
            return full_unpacked_object(blob)
        self._depth += 1
        return UnpackedObject(blob.type_num, delta_base=base_sha, sha=sha, decomp_chunks=[changes])


def _check_out(repository: Repo, place: bytes, written: _Written) -> None:
    """Put the last file beside the repository, so that git finds nothing changed."""
    path = os.path.join(place, written.name)
    with open(path, "xb") as file:
        file.write(written.content)
    index = Index(repository.index_path(), read=False)
    index[written.name] = index_entry_from_stat(os.lstat(path), written.blob_id)
    index.write()


@contextmanager
def _building(place: Path) -> Iterator[Path]:
    """A new directory beside ``place``, on the same file system; removed if it is still there at the end."""
    scratch = place.with_name(f".{place.name[:100]}.{secrets.token_hex(4)}.partial")
    scratch.mkdir()
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _not_empty(directory: Path) -> SettingInvalid:
    return SettingInvalid(
        f"{directory} is not empty, and nothing is overwritten: name a directory that is new or empty"
    )
