#!/usr/bin/env python3
"""Measures which shingle size agrees best with labelled duplicates, and prints the tables of README.md as Markdown.

  run.py --data DATA [--retold target/release/retold] [--sizes 2 3 4 5 6 7] [--work DIR] [--full]

DATA holds labelled/NAME/*.jsonl.gz and bench/corpus.jsonl.gz with bench/planted.tsv.gz. Each set is scanned once per size, at the
threshold FLOOR; higher thresholds are cut from the similarities that `--pairs` writes. --work keeps the unpacked sets and the
pairs in DIR (about 500 MB) and takes up there what an earlier run left; --full adds every set, size and threshold of GRID.

  precision   found pairs that the labels confirm, over all found pairs
  recall      found pairs that the labels confirm, over all pairs of the labels
  F1          their harmonic mean; "best" is the highest F1 over the thresholds FLOOR to .95 in steps of .01

Labels: records of one licence text, versions of one law or page, files of one work, pairs of planted articles. In the two sets of
bibliographic records only membership of a group is labelled, so documents are counted there in place of pairs.
The planted pairs of bench have a recall only: other duplicates of that corpus are true and not labelled.
Needs Python 3.11 or later, and nothing else.
"""
import argparse
import gzip
import json
import re
import shutil
import statistics
import subprocess
import tempfile
from itertools import combinations
from pathlib import Path

FLOOR = 0.5
DEFAULT = 0.7
GRID = (0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9)
FINE = [step / 100 for step in range(round(FLOOR * 100), 96)]
LABELLED = {  # name: (documents below labelled/, field of the label)
    "licences": ("spdx_licenses/docs", "identical_group"),
    "laws": ("german_law_versions/docs", "cluster"),
    "pages": ("cockroach_docs_versions/docs", "cluster"),
    "works (ja)": ("aozora_japanese/docs", "card"),
    "articles": ("minhash_articles/docs_2500", None),
    "records A": ("sra_dedupe/copper", "flag"),
    "records B": ("sra_dedupe/tafenoquine", "flag"),
}
MEANS = {  # the sets that a mean is taken over
    "all sets": list(LABELLED),
    "all but licences": [name for name in LABELLED if name != "licences"],
    "laws, pages, works": ["laws", "pages", "works (ja)"],
    "laws, pages": ["laws", "pages"],
}


def records(path):
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def ordered(a, b):
    return (a, b) if a < b else (b, a)


def truth_of(path, field):
    """The positives: documents of a duplicate group, as ids, or labelled pairs, as sorted pairs of ids."""
    if field is None:
        pairs = records(path.with_name(path.name.replace("docs", "truth")))
        return {ordered(pair["a"], pair["b"]) for pair in pairs}
    if field == "flag":
        return {record["id"] for record in records(path) if record["flag"] == "Duplicate"}
    groups = {}
    for record in records(path):
        if record[field] is not None:
            groups.setdefault(record[field], []).append(record["id"])
    return {pair for group in groups.values() for pair in combinations(sorted(group), 2)}


def unpack(source, target):
    """Writes the set as plain JSON Lines; the text of a bibliographic record is its title and abstract."""
    if source.parent.name != "sra_dedupe":
        with gzip.open(source) as packed, target.open("wb") as out:
            shutil.copyfileobj(packed, out, 1 << 20)
        return
    with target.open("w", encoding="utf-8") as out:
        for record in records(source):
            text = f"{record['title']}\n{record['abstract']}"
            out.write(json.dumps({"id": record["id"], "text": text}) + "\n")


def scan(retold, source, size, work):
    """Every pair at or above FLOOR: (jaccard, (a, b)), the pair sorted."""
    stem = f"{source.parent.name}-{source.name.removesuffix('.jsonl.gz')}"
    unpacked, found, partial = work / f"{stem}.jsonl", work / f"{stem}.{size}.pairs", work / "partial"
    if not unpacked.exists():
        unpack(source, partial)
        partial.rename(unpacked)
    if not found.exists():
        subprocess.run(
            [retold, "scan", unpacked, "--id-field", "id", "--shingle-size", str(size), "--threshold", str(FLOOR), "--no-lines",
             "--format", "json", "--output", "/dev/null", "--no-progress", "--pairs", partial],
            check=True,
        )
        partial.rename(found)
    with found.open(encoding="utf-8") as lines:
        return [(pair["jaccard"], ordered(pair["a"], pair["b"])) for pair in map(json.loads, lines)]


def judge(pairs, truth, threshold):
    """How many were found, precision, recall and F1; of documents where the truth holds documents."""
    found = {pair for jaccard, pair in pairs if jaccard >= threshold}
    if isinstance(next(iter(truth)), str):
        found = {document for pair in found for document in pair}
    right = len(found & truth)
    return len(found), right / max(len(found), 1), right / len(truth), 2 * right / (len(found) + len(truth))


def shingles(text, size):
    words = re.findall(r"\w+", text.lower())
    return {tuple(words[start:start + size]) for start in range(max(1, len(words) - size + 1))}


def planted_jaccards(data, planted, sizes):
    """The exact similarities of the planted pairs: {size: {pair: jaccard}}, counted here and not by retold."""
    wanted = {document for pair in planted for document in pair}
    texts = {record["id"]: record["text"] for record in records(data / "bench/corpus.jsonl.gz") if record["id"] in wanted}
    exact = {size: {} for size in sizes}
    for a, b in planted:
        for size in sizes:
            first, second = shingles(texts[a], size), shingles(texts[b], size)
            exact[size][a, b] = len(first & second) / len(first | second)
    return exact


def table(title, head, rows):
    print(f"{title}\n")
    print("| " + " | ".join(head) + " |")
    print("|---" + "|---:" * (len(head) - 1) + "|")
    for row in rows:
        print("| " + " | ".join(f"{cell:.3f}" if isinstance(cell, float) else str(cell) for cell in row) + " |")
    print()


def labelled(args, work):
    f1, rows, full = {}, [], []
    for name, (path, field) in LABELLED.items():
        source = args.data / "labelled" / f"{path}.jsonl.gz"
        truth = truth_of(source, field)
        for size in args.sizes:
            pairs = scan(args.retold, source, size, work)
            at = {threshold: judge(pairs, truth, threshold) for threshold in FINE}
            f1 |= {(name, size, threshold): judgement[3] for threshold, judgement in at.items()}
            best = max(FINE, key=lambda threshold: at[threshold][3])
            rows.append([name, size, *at[DEFAULT], at[best][3], f"{best:.2f}"])
            full += [[name, size, f"{threshold:.2f}", *at[threshold]] for threshold in GRID]
    table(f"At threshold {DEFAULT}, and at the best threshold of each set",
          ["set", "size", "found", "precision", "recall", "F1", "best F1", "at"], rows)
    if args.full:
        table("At every threshold", ["set", "size", "threshold", "found", "precision", "recall", "F1"], full)
    rows = []
    for title, names in MEANS.items():
        for size in args.sizes:
            mean = {threshold: statistics.fmean(f1[name, size, threshold] for name in names) for threshold in FINE}
            best = max(FINE, key=mean.get)
            rows.append([title, size, *(mean[threshold] for threshold in GRID), mean[best], f"{best:.2f}"])
    table("Mean F1 by threshold", ["mean over", "size", *(f"{threshold:.2f}" for threshold in GRID), "best", "at"], rows)


def planted(args, work):
    kinds = {}
    with gzip.open(args.data / "bench/planted.tsv.gz", "rt") as lines:
        for a, b, kind, _ in (line.split("\t") for line in list(lines)[1:]):
            kinds.setdefault(kind, set()).add(ordered(a, b))
    order = sorted(kinds, key=lambda kind: (kind[0] == "e" and kind[1:].isdigit(), kind))
    rows = []
    for size in args.sizes:
        pairs = scan(args.retold, args.data / "bench/corpus.jsonl.gz", size, work)
        for threshold in GRID if args.full else [DEFAULT]:
            found = {pair for jaccard, pair in pairs if jaccard >= threshold}
            recalls = [len(kinds[kind] & found) / len(kinds[kind]) for kind in order]
            rows.append([size, f"{threshold:.2f}", len(found), *recalls])
    table("Recall of the planted pairs, by kind of edit", ["size", "threshold", "found", *order], rows)
    exact = planted_jaccards(args.data, {pair for kind in order for pair in kinds[kind]}, args.sizes)
    table("Exact Jaccard of the planted pairs, median", ["edit", *(f"size {size}" for size in args.sizes)],
          [[kind, *(statistics.median(exact[size][pair] for pair in kinds[kind]) for size in args.sizes)] for kind in order])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--retold", default="target/release/retold")
    parser.add_argument("--sizes", type=int, nargs="+", default=[2, 3, 4, 5, 6, 7])
    parser.add_argument("--work", type=Path)
    parser.add_argument("--full", action="store_true")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        work = args.work or Path(temporary)
        work.mkdir(parents=True, exist_ok=True)
        labelled(args, work)
        planted(args, work)


if __name__ == "__main__":
    main()
