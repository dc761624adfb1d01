"""What the tree is: layers.txt, sources, includes, link edges. Read here, judged in rules.py."""

import re
import subprocess
from functools import cached_property
from pathlib import Path

SOURCE_SUFFIXES = {".h", ".cpp"}
INCLUDE = re.compile(r'^\s*#\s*include\s*"([^"]+)"', re.M)
LAYER_LINE = re.compile(r"^([a-z0-9/_]+):\s*([a-z0-9/_ ]*?)\s*\|\s*(shared|client|server)\s*$")


class Layer:
    def __init__(self, name, uses, wing):
        self.name, self.uses, self.wing = name, uses, wing


def read_layers(path):
    """(layers by name in file order, complaints about the file itself)."""
    layers, complaints = {}, []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        match = LAYER_LINE.match(line)
        if not match:
            complaints.append(f'{path.name}:{number}: not "folder: uses | wing": {line}')
            continue
        name, uses, wing = match.group(1), match.group(2).split(), match.group(3)
        if name in layers:
            complaints.append(f"{path.name}:{number}: {name} is listed twice")
        for used in uses:
            if used not in layers:
                complaints.append(f"{path.name}:{number}: {name} uses {used}, which is not listed above it")
        layers[name] = Layer(name, uses, wing)
    return layers, complaints


def is_test(path):
    """Tests may look at more than their layer: x_test.cpp, and what lies in a testing/ folder."""
    return path.name.endswith("_test.cpp") or "testing" in path.parts


class House:
    """One tree. `build` is a configured build folder, or None where a rule needs none."""

    def __init__(self, root, build=None):
        self.root, self.build = Path(root).resolve(), Path(build).resolve() if build else None
        self.layers, self.layer_complaints = read_layers(self.root / "tools" / "layers.txt")

    @cached_property
    def files(self):
        """Every C++ file of src/ and apps/, relative to the root."""
        return self.files_under("src", "apps")

    def files_under(self, *tops):
        found = []
        for top in tops:
            for path in sorted((self.root / top).rglob("*")):
                hidden = any(part in ("node_modules", "canary") for part in path.relative_to(self.root).parts)
                if path.suffix in SOURCE_SUFFIXES and not hidden:
                    found.append(path.relative_to(self.root))
        return found

    def text(self, relative):
        return (self.root / relative).read_text(encoding="utf-8", errors="replace")

    def layer_of(self, relative):
        """src/ring/x.h -> ring, apps/salus/x.cpp -> apps/salus."""
        parts = relative.parts
        return parts[1] if parts[0] == "src" else "/".join(parts[:2])

    def closure(self, name):
        """Everything a layer may use, itself included."""
        seen, waiting = set(), [name]
        while waiting:
            layer = waiting.pop()
            if layer not in seen:
                seen.add(layer)
                waiting.extend(self.layers[layer].uses if layer in self.layers else [])
        return seen

    def includes(self, relative):
        """The quoted includes of one file, as written."""
        return INCLUDE.findall(self.text(relative))

    def resolve(self, relative, include):
        """The file that a quoted include means, relative to the root; None when there is none.
        Includes are written from src/ (or, within an app, from the app's folder or apps/)."""
        candidates = [Path("src") / include]
        if relative.parts[0] == "apps":
            candidates += [relative.parent / include, Path("apps") / include]
        for candidate in candidates:
            if (self.root / candidate).is_file():
                return candidate
        return None

    @cached_property
    def include_edges(self):
        """{file: [(include as written, resolved file or None)]} for src/ and apps/."""
        return {f: [(text, self.resolve(f, text)) for text in self.includes(f)] for f in self.files}

    @cached_property
    def links(self):
        """{target: (folder, type, [linked])} as CMake knows it (tools/cmake/LinkGraph.cmake)."""
        graph = {}
        for line in (self.build / "link_graph.txt").read_text().splitlines():
            target, folder, kind, linked = line.split("|")
            graph[target] = (folder, kind, [name for name in linked.split(",") if name])
        return graph

    def link_closure(self, target):
        seen, waiting = set(), [target]
        while waiting:
            name = waiting.pop()
            if name not in seen:
                seen.add(name)
                waiting.extend(self.links[name][2] if name in self.links else [])
        return seen


def functions(root, files):
    """[(file, name, first line, line count)] of every C++ function body, by universal-ctags."""
    if not files:
        return []
    command = ["ctags", "-x", "--language-force=C++", "--kinds-C++=f", "--_xformat=%F|%N|%n|%{end}", "-L", "-"]
    listing = subprocess.run(command, input="\n".join(map(str, files)), cwd=root, text=True,
                             capture_output=True, check=True).stdout
    found = []
    for line in listing.splitlines():
        path, name, first, last = line.split("|")
        if first.isdigit() and last.isdigit():
            found.append((path, name, int(first), int(last) - int(first) + 1))
    return found
