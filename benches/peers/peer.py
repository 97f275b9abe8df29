r"""What the adapters share: their arguments, the corpus as words and shingles, and the file of found pairs.

Every peer is given the same words: the maximal runs of `\w`, lower-cased. They are cut by byte table, three times as fast as
`re.findall`, so that a peer's figure is the peer's and not that of a slow tokeniser in front of it.
"""
import argparse
import codecs
import re
import sys

import orjson

_NO_WORD = re.compile(r"\W").sub
_ASCII_NO_WORD_TO_SPACE = bytes(
    byte if byte > 127 or re.match(r"\w", chr(byte)) else 32 for byte in range(256)
)


def _fold_beyond_ascii(error):
    """An error handler of the ASCII codec: a run of other characters as UTF-8, with spaces for those of no word."""
    return _NO_WORD(" ", error.object[error.start:error.end]).encode(), error.end


codecs.register_error("fold", _fold_beyond_ascii)


def arguments(description, **switches):
    """The arguments that run.py gives to every adapter; `switches` are one adapter's own, with their help."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("corpus", help="JSON Lines with `id` and `text`")
    parser.add_argument("pairs", help="file to write the found pairs to")
    parser.add_argument("--threshold", type=float, default=0.8)
    parser.add_argument("--bands", type=int, default=14)
    parser.add_argument("--rows", type=int, default=8)
    parser.add_argument("--shingle-size", type=int, default=5)
    for name, explanation in switches.items():
        parser.add_argument(f"--{name}", action="store_true", help=explanation)
    return parser.parse_args()


def fold(text):
    """The words of a text and nothing else: UTF-8, lower-cased, spaces for all that is no word character."""
    return text.lower().encode("ascii", "fold").translate(_ASCII_NO_WORD_TO_SPACE)


def documents(path, ids, prepare=fold):
    """Yields the text of every document that has a word, as `prepare` leaves it, and appends its id to `ids`."""
    with open(path, "rb") as corpus:
        for line in corpus:
            record = orjson.loads(line)
            text = prepare(record["text"])
            if text and not text.isspace():
                ids.append(record["id"])
                yield text


def shingles(folded, size):
    """The shingles of a folded text, as a list (repeats included: a MinHash does not see them). A text of fewer
    words than `size` has one shingle, all of them."""
    words = folded.split()
    return list(map(b" ".join, zip(*(words[start:] for start in range(size))))) or [b" ".join(words)]


def write_pairs(path, ids, pairs):
    """Writes pairs of positions in `ids` as JSON lines of ids."""
    names = [orjson.dumps(name).decode() for name in ids]
    with open(path, "w", encoding="utf-8") as out:
        out.writelines(f'{{"a": {names[a]}, "b": {names[b]}}}\n' for a, b in pairs)
    print(f"{len(ids)} documents, {len(pairs)} pairs", file=sys.stderr)
