# SPDX-License-Identifier: GPL-2.0-or-later
"""Writes initramfs archives ("newc" cpio, see the kernel's buffer-format.rst).

Not with the cpio tool, because every case appends a few bytes of its own to a shared archive, and
because the files belong to root in the archive whoever builds it.
"""

_DIRECTORY, _FILE, _CHARACTER_DEVICE, _LINK = 0o040000, 0o100000, 0o020000, 0o120000


class Archive:
    """Collects files; parent folders appear by themselves."""

    def __init__(self):
        self._parts = []
        self._folders = set()
        self._inode = 0

    def file(self, path, content, executable=False):
        """Adds a file with this content (bytes or text)."""
        data = content.encode() if isinstance(content, str) else content
        self._parents(path)
        self._entry(path, _FILE | (0o755 if executable else 0o644), data)

    def link(self, path, target):
        """Adds a symbolic link."""
        self._parents(path)
        self._entry(path, _LINK | 0o777, target.encode())

    def folder(self, path):
        """Adds an empty folder."""
        self._parents(path + "/x")

    def character_device(self, path, major, minor):
        """Adds a character device: the kernel wants /dev/console before anything is mounted."""
        self._parents(path)
        self._entry(path, _CHARACTER_DEVICE | 0o600, b"", (major, minor))

    def content(self):
        """The finished archive, which may be followed by another one."""
        self._entry("TRAILER!!!", 0, b"")
        data = b"".join(self._parts)
        return data + b"\0" * (-len(data) % 512)

    def _parents(self, path):
        names = path.strip("/").split("/")[:-1]
        for depth in range(1, len(names) + 1):
            folder = "/".join(names[:depth])
            if folder not in self._folders:
                self._folders.add(folder)
                self._entry(folder, _DIRECTORY | 0o755, b"")

    def _entry(self, path, mode, data, device=(0, 0)):
        self._inode += 1
        name = path.strip("/").encode() + b"\0"
        fields = (self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        head = b"070701" + b"".join(b"%08X" % field for field in fields) + name
        self._parts.append(head + b"\0" * (-len(head) % 4) + data + b"\0" * (-len(data) % 4))
