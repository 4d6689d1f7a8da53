"""exports_test.py LIBRARY: nothing but the public names leaves the library, and it asks for nothing odd."""

import re
import subprocess
import sys

library = sys.argv[1]


def output(*command):
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


faults = []
exported = output("nm", "-D", "--defined-only", "-C", library).splitlines()
names = [line.split(maxsplit=2)[2] for line in exported]
for name in names:
    bare = name.split("@")[0]
    if not re.match(r"wemol_[a-z_]+$|wemol::monitor::|WEMOL_MONITOR_0$", bare):
        faults.append(f"exported: {name}")
    if "wemol::monitor::detail" in bare.split("(")[0]:
        faults.append(f"exported though private: {name}")
for name in ["wemol_init", "wemol_cleanup_run_monitor", "wemol::monitor::init("]:
    if not any(exported_name.startswith(name) for exported_name in names):
        faults.append(f"not exported: {name}")

header = output("readelf", "-d", library)
if not re.search(r"SONAME.*\[libwemol-monitor\.so\.\d+\]", header):
    faults.append("no soname with a version")
if "NODELETE" not in header:
    faults.append("it could be unloaded while its threads run")
needed = re.findall(r"NEEDED.*\[(.*)\]", header)
for library_name in needed:
    if not re.match(r"lib(stdc\+\+|m|gcc_s|c|fmt|systemd|resolv)\.so|ld-linux", library_name):
        faults.append(f"needs {library_name}")

# What prints, or changes the process for everybody.
for name in output("nm", "-D", "--undefined-only", "-C", library).splitlines():
    bare = name.split()[-1].split("@")[0]
    if bare in {"printf", "puts", "putchar", "fprintf", "perror", "setlocale", "vfprintf"}:
        faults.append(f"calls {bare}")
    if "spdlog" in name or "std::cout" in name or "std::cerr" in name:
        faults.append(f"uses {name.split(maxsplit=1)[-1]}")

print("\n".join(faults) or f"{len(names)} names, needs {', '.join(needed)}")
sys.exit(1 if faults else 0)
