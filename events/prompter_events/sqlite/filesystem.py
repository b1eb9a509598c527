"""Where a file lies. WAL needs shared memory, which a network file system does not give."""

from __future__ import annotations

import re
from pathlib import Path

MOUNTS = Path("/proc/mounts")

NETWORK_TYPES = frozenset(
    {"9p", "afs", "beegfs", "ceph", "cifs", "gfs2", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4", "ocfs2"}
    | {"smb3", "smbfs", "virtiofs"}
)


def network_filesystem(path: Path, mounts: Path = MOUNTS) -> str | None:
    """The type of the network file system that holds ``path``, or None.

    None also where the system does not say (no ``/proc/mounts``).
    """
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return None
    target = path.resolve()
    best, kind = -1, ""
    for line in lines:
        _, _, rest = line.partition(" ")
        where, _, rest = rest.partition(" ")
        mount = Path(_unescape(where))
        # A later mount on the same place hides the earlier one.
        if target.is_relative_to(mount) and len(mount.parts) >= best:
            best, kind = len(mount.parts), rest.partition(" ")[0]
    return kind if kind in NETWORK_TYPES or kind.startswith("fuse.ss") else None


def _unescape(text: str) -> str:
    # The kernel writes blanks in paths as \040.
    return re.sub(r"\\([0-7]{3})", lambda match: chr(int(match[1], 8)), text)
