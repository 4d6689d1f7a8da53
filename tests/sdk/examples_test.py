"""examples_test.py BUILD_DIR SOURCE_DIR CMAKE: builds and runs examples/ against an installed tree."""

import json
import os
import pathlib
import subprocess
import sys
import tempfile

build, source, cmake = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2]), sys.argv[3]
STEPS = 60


def run(*command, **options):
    print("+", *command, flush=True)
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=300, **options
    )
    if done.returncode != 0:
        sys.exit(f"{command[0]}: exit status {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def check(holds, what):
    if not holds:
        sys.exit(f"FAILED: {what}")


def check_lines(file):
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    check(len(lines) == STEPS, f"{file.name} has {len(lines)} lines")
    check([line["_step"] for line in lines] == list(range(STEPS)), f"{file.name}: steps")
    check(lines[0]["phase"] == "warm-up" and lines[-1]["phase"] == "training", "phases")
    check(0 < lines[-1]["loss"] < lines[0]["loss"], "losses")
    times = [line["_timestamp"] for line in lines]
    check(times == sorted(times), "times")
    return lines


def install(prefix):
    for component in ("libwemol-monitor", "libwemol-monitor-dev", "python3-wemol-monitor"):
        run(cmake, "--install", build, "--prefix", prefix, "--component", component)


def main(folder):
    prefix = folder / "prefix"
    install(prefix)
    headers = sorted(path.name for path in (prefix / "include/wemol").iterdir())
    check(headers == ["monitor.h", "monitor_c.h"], f"headers: {headers}")
    libraries = next(prefix.glob("lib*/**/libwemol-monitor.so")).parent
    environment = {
        **os.environ,
        "PKG_CONFIG_PATH": str(libraries / "pkgconfig"),
        "WEMOL_DIR": str(folder / "runs"),
    }

    # C++, by find_package: the build tree's RPATH finds the library.
    run(
        cmake, "-S", source / "examples/cpp", "-B", folder / "cpp",
        f"-DCMAKE_PREFIX_PATH={prefix}", "-DCMAKE_CXX_FLAGS=-Wall -Wextra -Wpedantic -Werror",
    )  # fmt: skip
    run(cmake, "--build", folder / "cpp")
    done = run(folder / "cpp/training_loop", STEPS, env=environment)
    check(done.stdout.startswith(f"{STEPS} lines in ") and not done.stderr, done.stdout + done.stderr)
    check_lines(folder / "runs/examples/cpp.jsonl")
    done = run(folder / "cpp/monitors", env=environment)
    check("Records: some\n" in done.stdout and not done.stderr, done.stdout + done.stderr)

    # The manual's examples in C++, as they stand.
    page = (source / "docs/monitor.md").read_text()
    parts = [part.split("```")[0] for part in page.split("```cpp\n")[1:]]
    check(len(parts) >= 5, f"the manual has {len(parts)} examples")
    for number, part in enumerate(parts):
        file = folder / f"manual{number}.cpp"
        file.write_text(part)
        run(
            "c++", "-std=c++20", "-Wall", "-Wextra", "-Wpedantic", "-Werror", file, "-o",
            folder / f"manual{number}", "-I", prefix / "include", "-L", libraries,
            "-lwemol-monitor", f"-Wl,-rpath,{libraries}",
        )  # fmt: skip
        run(folder / f"manual{number}", env=environment)

    # C99, by pkg-config.
    flags = run(
        "pkg-config", "--cflags", "--libs", "wemol-monitor", env=environment
    ).stdout.split()  # fmt: skip
    flags.append(f"-Wl,-rpath,{libraries}")
    strict = ["-Wall", "-Wextra", "-Wpedantic", "-Werror"]
    run(
        "cc", "-std=c99", *strict, source / "examples/c/training_loop.c", *flags,
        "-o", folder / "c_loop",
    )  # fmt: skip
    done = run(folder / "c_loop", STEPS, env=environment)
    check(not done.stderr, done.stderr)
    check_lines(folder / "runs/examples/c.jsonl")

    # The headers stand alone.
    for language, standard, header in (
        ("c++", "c++20", "monitor.h"),
        ("c++", "c++20", "monitor_c.h"),
        ("c", "c99", "monitor_c.h"),
    ):
        text = f"#include <wemol/{header}>\n#include <wemol/{header}>\n"
        run(
            "cc", "-x", language, f"-std={standard}", *strict, "-fsyntax-only",
            "-I", prefix / "include", "-", input=text,
        )  # fmt: skip

    modules = list(prefix.glob("**/wemol_monitor/_native*.so"))
    if modules:
        environment["PYTHONPATH"] = str(modules[0].parent.parent)
        done = run(
            sys.executable, "-X", "dev", source / "examples/python/training_loop.py", STEPS,
            env=environment,
        )  # fmt: skip
        check(not done.stderr, done.stderr)
        check_lines(folder / "runs/examples/python.jsonl")
        names = sorted(path.name for path in modules[0].parent.iterdir() if path.is_file())
        check({"__init__.py", "__init__.pyi", "py.typed"} < set(names), str(names))


with tempfile.TemporaryDirectory(prefix="wemol-examples-") as temporary:
    main(pathlib.Path(temporary))
print("the examples build, run, and write what they say")
