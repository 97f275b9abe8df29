"""rensa: RMinHash (full sets) and RMinHashLSH, in batches, as its batch API is meant.

The LSH index keeps no signatures, so its answer is the candidates: pairs that share a band. With --estimate the signatures
are kept, and only pairs whose estimate reaches the threshold are reported. (The faster "rho" pipeline samples token positions
and tells only whether a document has a duplicate, not which: it cannot answer this question.)
"""
from itertools import islice

from rensa import RMinHash, RMinHashLSH

import peer

BATCH = 32  # larger batches hold more shingles in memory and are no faster
SEED = 42


def main():
    args = peer.arguments(__doc__, estimate="keep only pairs whose estimate reaches the threshold")
    permutations = args.bands * args.rows
    index = RMinHashLSH(threshold=args.threshold, num_perm=permutations, num_bands=args.bands)
    ids, pairs, kept = [], [], []
    texts = peer.documents(args.corpus, ids)
    start = 0
    while batch := [peer.shingles(text, args.shingle_size) for text in islice(texts, BATCH)]:
        sketches = RMinHash.from_token_sets(batch, permutations, SEED)
        index.insert_many(sketches, start_key=start)
        found = [
            (earlier, position)
            for position, earliers in enumerate(index.query_all(sketches), start)
            for earlier in earliers if earlier < position
        ]
        if args.estimate:
            kept += sketches
            found = [(a, b) for a, b in found if kept[a].jaccard(kept[b]) >= args.threshold]
        pairs += found
        start += len(batch)
    peer.write_pairs(args.pairs, ids, pairs)


main()
