#!/usr/bin/python3
"""cached-tidy.py BUILD-FOLDER: clang-tidy over all that compile_commands.json there names.

What has passed is not looked at again until its text, that of a header it includes, the checks or
clang-tidy itself change. Exits 1 when there is a finding.
"""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import shlex
import subprocess
import sys
import time

BUILD = pathlib.Path(sys.argv[1]).resolve()
REPO = pathlib.Path(__file__).resolve().parents[2]
# Beside ccache's: a fresh clone finds there what another one has passed.
PASSED = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "wemol-tidy"
KEPT_SECONDS = 30 * 24 * 3600


def in_common():
    """What the answer depends on for every file."""
    version = subprocess.run(["clang-tidy", "--version"], capture_output=True, check=True).stdout
    return (REPO / ".clang-tidy").read_bytes() + version


def key_of(entry, common):
    """The key of a file's answer, and how much there is to read.

    The preprocessed text has the comments too (NOLINT is one) and the definitions of macros.
    """
    command = shlex.split(entry["command"])
    del command[command.index("-o"):command.index("-o") + 2]
    command[command.index("-c")] = "-E"
    text = subprocess.run(command + ["-C", "-dD"], cwd=entry["directory"], capture_output=True)
    if text.returncode != 0:
        return None, 0  # clang-tidy says what is wrong with it
    # The same in whatever folder the checkout lies.
    asked = (entry["command"].encode() + b"\0" + text.stdout).replace(str(REPO).encode(), b"")
    return hashlib.sha256(common + asked).hexdigest(), len(text.stdout)


def tidy(entry, key):
    """Prints the findings. Whether there were none."""
    result = subprocess.run(
        ["clang-tidy", "--quiet", "-p", str(BUILD), entry["file"]],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    # The warnings it counts are those in headers of the system, which it does not show.
    lines = [line for line in result.stdout.splitlines() if " generated" not in line]
    if lines:
        print("\n".join(lines), flush=True)
    if result.returncode == 0 and key:
        (PASSED / key).touch()
    elif result.returncode != 0:
        print(f"clang-tidy fails on {entry['file']}", flush=True)
    return result.returncode == 0


def main():
    entries = json.loads((BUILD / "compile_commands.json").read_text())
    PASSED.mkdir(parents=True, exist_ok=True)
    for file in PASSED.iterdir():
        if time.time() - file.stat().st_mtime > KEPT_SECONDS:
            file.unlink()
    common = in_common()
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as crew:
        keys = list(crew.map(lambda entry: key_of(entry, common), entries))
        to_do = []
        for entry, (key, size) in zip(entries, keys):
            if key and (PASSED / key).exists():
                (PASSED / key).touch()
            else:
                to_do.append((size, entry, key))
        to_do.sort(key=lambda item: -item[0])  # the longest first, so that none is left over at the end
        print(f"clang-tidy: {len(to_do)} of {len(entries)} files are new or changed", flush=True)
        passed = list(crew.map(lambda item: tidy(item[1], item[2]), to_do))
    return 0 if all(passed) else 1


if __name__ == "__main__":
    sys.exit(main())
