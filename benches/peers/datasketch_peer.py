"""datasketch: MinHash and MinHashLSH with params=(bands, rows).

`MinHash.generator` runs update_batch for each document and shares the permutations between them. The default hash function is
SHA-1 in Python; its documentation advises a faster one, here xxHash. The answer of MinHashLSH is the candidates: pairs that
share a band. With --estimate the signatures are kept, and only pairs whose estimate reaches the threshold are reported.
"""
from datasketch import MinHash, MinHashLSH
from xxhash import xxh32_intdigest

import peer


def main():
    args = peer.arguments(__doc__, estimate="keep only pairs whose estimate reaches the threshold")
    permutations = args.bands * args.rows
    index = MinHashLSH(num_perm=permutations, params=(args.bands, args.rows))
    ids, pairs, kept = [], [], []
    sets = (peer.shingles(text, args.shingle_size) for text in peer.documents(args.corpus, ids))
    for position, sketch in enumerate(MinHash.generator(sets, num_perm=permutations, hashfunc=xxh32_intdigest)):
        earliers = index.query(sketch)
        if args.estimate:
            kept.append(sketch)
            earliers = [earlier for earlier in earliers if kept[earlier].jaccard(sketch) >= args.threshold]
        pairs += [(earlier, position) for earlier in earliers]
        index.insert(position, sketch, check_duplication=False)
    peer.write_pairs(args.pairs, ids, pairs)


main()
