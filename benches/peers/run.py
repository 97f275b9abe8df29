#!/usr/bin/env python3
"""Measures retold beside its peers: same corpus, same words, same machine, one core.

  run.py --corpus docs.jsonl.gz --truth pairs.jsonl.gz [--runs 5] [--cpu 0] [--json figures.json]

The corpus holds records with `id` and `text`, one a line; the truth holds {"a", "b", "jaccard"}, every pair of the corpus with an
exact Jaccard of at least .5 (or at least the threshold: then the column `< .5` says nothing). Both may be gzip.

Every tool runs as a process of its own, pinned to one cpu, with one thread, in turn (A B C A B C ...), --runs times; the
figures are medians. A process is timed from its start to its end, reading the corpus and writing the pairs included.
  wall s, CPU s   CPU is user + system
  MB/s            text (the UTF-8 bytes of the `text` fields) over wall seconds, MB = 10^6 bytes
  peak MB         largest resident memory, MB = 2^20 bytes; it cannot read lower than this script's own (given below the table)
  recall          true pairs at or above the threshold that were found; then those from the threshold up to .9 alone
  < T, < .5       found pairs whose exact Jaccard is below the threshold, and below .5

Rows: retold, and `retold-report`, the same without --pairs; gaoya, rensa and datasketch, each through NAME_peer.py beside this
script. retold reports pairs verified against the threshold, gaoya pairs whose signatures estimate it; rensa and datasketch
answer with candidates, the pairs that share a band. Run where --only names them: `rensa-estimate` and `datasketch-estimate`
filter these by the signatures' estimate, as gaoya does; `gaoya-raw` lets gaoya cut the words itself, at white space.
--floor-command times any command as a further row ({corpus} stands for the file's path).
retold chooses its own bands from its promise of recall, so --bands and --rows are the peers' alone.

Needs Linux, `taskset`, Python 3.11 or later; the peers' versions are pinned in requirements.txt and installed by pip into --venv.
"""
import argparse
import gzip
import json
import os
import platform
import resource
import shlex
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PINS = HERE / "requirements.txt"
PEERS = ("gaoya", "gaoya-raw", "rensa", "rensa-estimate", "datasketch", "datasketch-estimate")
RETOLD = ("retold", "retold-report")
DEFAULT = ("retold", "retold-report", "gaoya", "rensa", "datasketch")
UPPER = 0.9  # the pairs hardest to find lie from the threshold up to here
ONE_THREAD = {name: "1" for name in ("RAYON_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")}


def arguments():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--corpus", type=Path, required=True, metavar="FILE.jsonl[.gz]")
    parser.add_argument("--truth", type=Path, metavar="FILE.jsonl[.gz]", help="without it the recall is not measured")
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--bands", type=int, default=14)
    parser.add_argument("--rows", type=int, default=8, help="rows a band (default 8)")
    parser.add_argument("--shingle-size", type=int, default=5, help="words a shingle (default 5)")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--cpu", type=int, default=0, help="the cpu that every tool is pinned to (default 0)")
    parser.add_argument("--only", metavar="NAME,...", help=f"of {', '.join(RETOLD + PEERS)}")
    parser.add_argument("--limit", type=int, metavar="N", help="take the first N records only")
    parser.add_argument("--retold", type=lambda path: Path(path).resolve(), default=ROOT / "target/release/retold", metavar="PATH")
    parser.add_argument("--venv", type=Path, default=ROOT / "target/peers-venv", metavar="DIR")
    parser.add_argument("--floor-command", action="append", default=[], metavar="CMD", help="e.g. 'wc -w {corpus}'")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every run's figures there")
    args = parser.parse_args()
    args.names = args.only.split(",") if args.only else list(DEFAULT)
    if unknown := set(args.names) - {*RETOLD, *PEERS}:
        parser.error(f"--only: no such row: {', '.join(sorted(unknown))}")
    if args.runs < 1:
        parser.error("--runs must be at least 1")
    if not shutil.which("taskset"):
        parser.error("taskset (util-linux) is needed to pin the tools to one cpu")
    return args


def say(text):
    print(text, file=sys.stderr, flush=True)


def lines(path):
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        yield from file


def install(directory):
    """Makes the virtual environment, once for each state of requirements.txt. Returns its Python."""
    python, stamp = directory / "bin/python", directory / "installed.txt"
    if not (stamp.exists() and stamp.read_bytes() == PINS.read_bytes()):
        say(f"installing the peers into {directory}")
        venv.create(directory, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", PINS], check=True)
        stamp.write_bytes(PINS.read_bytes())
    return python


def unpack(source, target, limit):
    """Writes the plain corpus; returns its documents and bytes of text. Keeps nothing in memory: see `timed`."""
    documents = size = 0
    with open(target, "wb") as out:
        for line in lines(source):
            if documents == limit:
                break
            if not line.strip():
                continue
            out.write(line)
            documents += 1
            size += len(json.loads(line)["text"].encode())
    return documents, size


def commands(args, corpus, python):
    """The command of each row, by name; PAIRS stands for the file that a run writes its pairs to."""
    found = {}
    for name in args.names:
        if name in RETOLD:
            found[name] = [
                args.retold, "scan", corpus, "--id-field", "id", "--threshold", args.threshold, "--shingle-unit", "word",
                "--shingle-size", args.shingle_size, "--threads", 1, "--format", "json", "--output", "/dev/null",
                "--no-progress", *(["--pairs", "PAIRS"] if name == "retold" else []),
            ]
        else:
            peer, _, switch = name.partition("-")
            found[name] = [
                python, HERE / f"{peer}_peer.py", corpus, "PAIRS", "--threshold", args.threshold, "--bands", args.bands,
                "--rows", args.rows, "--shingle-size", args.shingle_size, *([f"--{switch}"] if switch else []),
            ]
    for command in args.floor_command:
        found[f"floor: {command}"] = [part.replace("{corpus}", str(corpus)) for part in shlex.split(command)]
    return {name: [str(part) for part in command] for name, command in found.items()}


def timed(command, cpu, log):
    """Runs a command pinned to one cpu. Linux counts the memory of the process that starts another as the new one's first
    peak, so this script stays small until the last run: it reads the truth only afterwards."""
    environment = os.environ | ONE_THREAD | {"PYTHONDONTWRITEBYTECODE": "1"}
    with open(log, "wb") as errors:
        start = time.perf_counter()
        process = subprocess.Popen(
            ["taskset", "-c", str(cpu), *command], env=environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=errors,
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.perf_counter() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    return {
        "exit": process.returncode, "wall_seconds": wall,
        "cpu_seconds": usage.ru_utime + usage.ru_stime, "peak_mb": usage.ru_maxrss / 1024,
    }


def measure(rows, args, work, text_bytes):
    """All runs of all rows, in turn. A row that fails is named and left out of the later turns."""
    runs = {name: [] for name in rows}
    for turn in range(args.runs):
        for number, (name, command) in enumerate(rows.items()):
            if any(run["exit"] for run in runs[name]):
                continue
            pairs = work / f"pairs-{number}-{turn}.jsonl"
            run = timed([str(pairs) if part == "PAIRS" else part for part in command], args.cpu, work / "errors")
            run["mb_per_second"] = text_bytes / 1e6 / run["wall_seconds"]
            run["pairs_file"] = pairs if "PAIRS" in command else None
            runs[name].append(run)
            say(f"run {turn + 1} of {args.runs}: {name}: {run['wall_seconds']:.2f} s")
            if run["exit"]:
                say(f"{name} ended with status {run['exit']}:")
                say("\n".join((work / "errors").read_text(errors="replace").splitlines()[-8:]))
    return runs


def keyed(a, b):
    a, b = str(a), str(b)
    return (a, b) if a < b else (b, a)


def true_pairs(truth, corpus):
    """The exact Jaccard of every pair in the truth whose documents are both in the corpus."""
    ids = {str(json.loads(line)["id"]) for line in lines(corpus)}
    rows = (json.loads(line) for line in lines(truth) if line.strip())
    return {keyed(row["a"], row["b"]): row["jaccard"] for row in rows if str(row["a"]) in ids and str(row["b"]) in ids}


def score(path, truth, threshold):
    """Holds the pairs of one run against the truth."""
    found = {keyed(row["a"], row["b"]) for row in map(json.loads, lines(path))}
    if truth is None:
        return {"pairs": len(found)}
    due = [pair for pair, jaccard in truth.items() if jaccard >= threshold]
    hard = [pair for pair in due if truth[pair] < UPPER]
    return {
        "pairs": len(found),
        "recall": sum(pair in found for pair in due) / len(due) if due else None,
        "recall_hard": sum(pair in found for pair in hard) / len(hard) if hard else None,
        "below_threshold": sum(truth.get(pair, 0) < threshold for pair in found),
        "below_half": sum(truth.get(pair, 0) < 0.5 for pair in found),
    }


def medians(runs):
    """The median of each figure over the runs that succeeded."""
    good = [run for run in runs if run["exit"] == 0]
    names = dict.fromkeys(name for run in good for name, value in run.items() if isinstance(value, (int, float)))
    return {name: statistics.median(run[name] for run in good) for name in names if name != "exit"}


def table(summary, threshold):
    columns = {
        "wall s": ("wall_seconds", ".2f"), "CPU s": ("cpu_seconds", ".2f"), "MB/s": ("mb_per_second", ".1f"),
        "peak MB": ("peak_mb", ".0f"), "pairs": ("pairs", ",.0f"), f"recall >= {threshold:g}": ("recall", ".4f"),
        f"recall {threshold:g}-{UPPER:g}": ("recall_hard", ".4f"), f"< {threshold:g}": ("below_threshold", ",.0f"),
        "< .5": ("below_half", ",.0f"),
    }
    yield "| tool | " + " | ".join(columns) + " |"
    yield "|---|" + "---:|" * len(columns)
    for name, figures in summary.items():
        cells = (format(figures[key], form) if key in figures else "-" for key, form in columns.values())
        yield f"| {name if figures else name + ' (failed)'} | " + " | ".join(cells) + " |"


def machine():
    models = [line.partition(":")[2].strip() for line in open("/proc/cpuinfo") if line.startswith("model name")]
    return f"{models[0] if models else platform.machine()}, {os.cpu_count()} cpus, Python {platform.python_version()}"


def main():
    args = arguments()
    pins = [line for line in PINS.read_text().splitlines() if line and not line.startswith("#")]
    if missing := [name for name in args.names if name in RETOLD and not os.access(args.retold, os.X_OK)]:
        say(f"no binary at {args.retold}: leaving out {', '.join(missing)}")
        args.names = [name for name in args.names if name not in missing]
    if not args.names and not args.floor_command:
        say("nothing to run")
        return 2
    python = install(args.venv) if set(args.names) & set(PEERS) else None
    with tempfile.TemporaryDirectory(prefix="retold-peers-") as directory:
        work = Path(directory)
        corpus = work / "corpus.jsonl"
        documents, text_bytes = unpack(args.corpus, corpus, args.limit)
        say(f"{documents} documents, {text_bytes / 1e6:.1f} MB of text")
        runs = measure(commands(args, corpus, python), args, work, text_bytes)
        own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        truth = true_pairs(args.truth, corpus) if args.truth else None
        for run in (run for several in runs.values() for run in several):
            path = run.pop("pairs_file")
            if path and run["exit"] == 0:
                run.update(score(path, truth, args.threshold))
    summary = {name: medians(several) for name, several in runs.items()}
    print("\n".join(table(summary, args.threshold)))
    print(f"\n{documents:,} documents, {text_bytes / 1e6:.1f} MB of text; word {args.shingle_size}-shingles, threshold "
          f"{args.threshold:g}, peers {args.bands} x {args.rows}; one thread on cpu {args.cpu}; median of {args.runs} runs.\n"
          f"{machine()}; {' '.join(pins)}. Least peak that can be read: {own_peak:.0f} MB.")
    if args.json:
        settings = {name: getattr(args, name) for name in ("threshold", "bands", "rows", "shingle_size", "runs", "cpu")}
        report = {"corpus": {"documents": documents, "text_bytes": text_bytes}, "settings": settings, "machine": machine(),
                  "versions": pins, "least_peak_mb": own_peak, "medians": summary, "runs": runs}
        args.json.write_text(json.dumps(report, indent=2) + "\n")
    return any(run["exit"] for several in runs.values() for run in several)


if __name__ == "__main__":
    sys.exit(main())
