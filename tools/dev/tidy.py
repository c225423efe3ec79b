"""tidy.py BUILD CACHE: clang-tidy over every file of src/ that BUILD compiles, two at a time. A file that was clean is not
looked at again until it, a header of ours that it includes, its flags or the configuration change: CACHE remembers."""

import concurrent.futures
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import time

TIDY = "clang-tidy-19"
ROOT = pathlib.Path.cwd()


def ninja_dependencies(build):
    """object → the files it was compiled from, as the last build found them."""
    found, name = {}, None
    for line in subprocess.run(["ninja", "-C", build, "-t", "deps"], capture_output=True, text=True, check=True).stdout.splitlines():
        if line.startswith("    "):
            found[name].append((pathlib.Path(build) / line.strip()).resolve())
        elif ": #deps" in line:
            name = line.split(": #deps")[0]
            found[name] = []
    return found


def key_of(entry, dependencies, common):
    digest = hashlib.sha256(common)
    digest.update(entry["command"].replace(str(ROOT), "").encode())
    for file in sorted({pathlib.Path(entry["file"]), *dependencies}):
        if file.is_relative_to(ROOT) and file.exists() and file.suffix not in (".gch", ".pch"):
            digest.update(str(file.relative_to(ROOT)).encode() + file.read_bytes())
    return digest.hexdigest()


def check(build, file):
    began = time.monotonic()
    done = subprocess.run([TIDY, "-p", build, "--quiet", "--warnings-as-errors=*", file], capture_output=True, text=True)
    return done.returncode == 0, done.stdout + done.stderr, time.monotonic() - began


def main(build, cache):
    cache = pathlib.Path(cache)
    cache.mkdir(parents=True, exist_ok=True)
    common = pathlib.Path(".clang-tidy").read_bytes() + subprocess.run([TIDY, "--version"], capture_output=True).stdout
    dependencies = ninja_dependencies(build)
    todo = {}
    for entry in json.loads((pathlib.Path(build) / "compile_commands.json").read_text()):
        if pathlib.Path(entry["file"]).is_relative_to(ROOT / "src"):
            key = key_of(entry, dependencies.get(entry["output"], []), common)
            if not (cache / key).exists():
                todo[entry["file"]] = key
    bad = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        running = {pool.submit(check, build, file): file for file in todo}
        for n, future in enumerate(concurrent.futures.as_completed(running), 1):
            file = running[future]
            clean, output, seconds = future.result()
            print(f"  tidy {n}/{len(todo)} {os.path.relpath(file)} {seconds:.0f} s", flush=True)
            if clean:
                (cache / todo[file]).touch()
            else:
                bad += 1
                print(output, flush=True)
    return bad > 0


sys.exit(main(*sys.argv[1:]))
