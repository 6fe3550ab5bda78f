"""What a power cut leaves of the changes that faults.c recorded.

The model is the one of POSIX, stricter than most file systems. The bytes of a file are sure once the file was synced; its
name, a rename, a removal and a folder once the folder that holds it was synced. Of what is not sure, names come back as
far as some moment, in their order; and of each write nothing, all, or any of its sectors, with zeros where a file is longer
than what was written of it.
"""
import os
import re

SECTOR = 512


class File:
    def __init__(self):
        self.sure = bytearray()
        self.open = []  # ("W", offset, bytes) and ("T", length)

    def sync(self):
        for change in self.open:
            apply(self.sure, change)
        self.open = []

    def image(self, random):
        data = bytearray(self.sure)
        for change in self.open:
            fate = random.random()
            if fate < 0.35:
                continue
            if fate < 0.65 or change[0] == "T":
                apply(data, change)
                continue
            _, offset, part = change
            whole = random.random() < 0.5  # whether the file has its new length
            for start in range(offset - offset % SECTOR, offset + len(part), SECTOR):
                first, last = max(start, offset), min(start + SECTOR, offset + len(part))
                if random.random() < 0.5:
                    apply(data, ("W", first, part[first - offset:last - offset]))
            if whole and len(data) < offset + len(part):
                data.extend(bytes(offset + len(part) - len(data)))
        return bytes(data)


def apply(data, change):
    if change[0] == "T":
        del data[change[1]:]
        data.extend(bytes(change[1] - len(data)))
        return
    _, offset, part = change
    if len(data) < offset:
        data.extend(bytes(offset - len(data)))
    data[offset:offset + len(part)] = part


class Journal:
    """The records of faults.c: (kind, offset, bytes, path), paths relative to the root."""

    def __init__(self, path, root):
        text, at = path.read_bytes(), 0
        self.records = []
        prefix = os.path.join(str(root), "")
        while at < len(text):
            end = text.find(b"\n", at)
            if end < 0:
                break  # the program was killed within a record
            kind, offset, length, name = text[at:end].decode(errors="replace").split(" ", 3)
            data = text[end + 1:end + 1 + int(length)]
            at = end + 1 + int(length)
            if len(data) < int(length):
                break

            def relative(name):
                return name[len(prefix):] if name.startswith(prefix) else ("" if name + "/" == prefix else name)
            if kind == "R":
                data = relative(data.decode())
            self.records.append((kind, int(offset), data, name if kind == "A" else relative(name)))

    def cuts(self):
        """The moments at which something was changed or said."""
        return len(self.records)

    def cut(self, moment, random):
        """(files by their path, folders, what was said before) after a power cut behind `moment` records."""
        files, names, changes, said = {}, {}, [], {}
        folders = set()
        sure_names, sure_folders = {}, set()

        def do(names, folders, change):
            kind, path, value = change
            if kind == "C":
                names[path] = value
            elif kind == "D":
                folders.add(path)
            elif kind == "U":
                names.pop(path, None)
                folders.discard(path)
            elif kind == "R" and value in folders:
                for name in [name for name in names if name.startswith(value + "/")]:
                    names[path + name[len(value):]] = names.pop(name)
                folders.discard(value)
                folders.add(path)
            elif kind == "R" and value in names:
                names[path] = names.pop(value)

        for kind, offset, data, path in self.records[:moment]:
            if kind == "A":
                said.setdefault(path, bytearray()).extend(data)
            elif kind in "WT":
                # A file that was there before the record began is none of ours.
                if path not in names:
                    names[path] = File()
                    changes.append(("C", path, names[path]))
                names[path].open.append((kind, offset, bytes(data)) if kind == "W" else (kind, offset))
            elif kind == "S":
                if path in names:
                    names[path].sync()
                else:
                    # A folder: all that was done to names in it is sure, and what was done before it is done first.
                    inside = [change for change in changes if os.path.dirname(change[1]) == path]
                    for change in inside:
                        do(sure_names, sure_folders, change)
                    changes = [change for change in changes if os.path.dirname(change[1]) != path]
            else:
                change = (kind, path, File() if kind == "C" else data)
                do(names, folders, change)
                changes.append(change)
        for change in changes[:random.randint(0, len(changes))]:
            do(sure_names, sure_folders, change)

        def is_reachable(path):
            folder = os.path.dirname(path)
            return not folder or (folder in sure_folders and is_reachable(folder))
        left = {path: file.image(random) for path, file in sure_names.items() if is_reachable(path)}
        return left, {path for path in sure_folders if is_reachable(path)}, said

    def write(self, moment, random, folder):
        """Writes what is left into a folder; gives what was said before, a stream for each descriptor."""
        files, folders, said = self.cut(moment, random)
        for path in sorted(folders):
            (folder / path).mkdir(parents=True, exist_ok=True)
        for path, data in files.items():
            target = folder / path
            target.write_bytes(data)
            if path.endswith(".sk"):
                target.chmod(0o600)
        return list(said.values())


def messages(streams):
    """The bodies of HTTP messages in streams, with their first lines."""
    for stream in streams:
        at = 0
        while True:
            end = stream.find(b"\r\n\r\n", at)
            if end < 0:
                break
            head = bytes(stream[at:end])
            length = re.search(rb"(?i)\r\ncontent-length: *(\d+)", head)
            size = int(length[1]) if length else 0
            body = bytes(stream[end + 4:end + 4 + size])
            if len(body) < size:
                break
            yield head.split(b"\r\n", 1)[0].decode(errors="replace"), body
            at = end + 4 + size
