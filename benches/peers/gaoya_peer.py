"""gaoya: MinHashStringIndex with the built-in word analyzer, as its README shows it.

The analyzer splits at white space only, so it is given the folded text, whose words are the same as everyone's; shingling,
hashing and the index are gaoya's own, in Rust. With --raw it is given the text as it is and lower-cases it itself: its
README's way, with words that keep their punctuation. `query` returns the documents whose signatures estimate the threshold.
Each document is looked up and then inserted: on one core that is as fast as `par_bulk_insert_docs` and `par_bulk_query`, and
holds no texts. No document is ever removed, so the buckets are "smallvec", which its documentation advises for few duplicates.
"""
from gaoya.minhash import MinHashStringIndex

import peer


def main():
    args = peer.arguments(__doc__, raw="leave lower-casing and words to gaoya")
    prepare = str if args.raw else lambda text: peer.fold(text).decode()
    index = MinHashStringIndex(
        hash_size=32, jaccard_threshold=args.threshold, num_bands=args.bands, band_size=args.rows,
        analyzer="word", lowercase=args.raw, ngram_range=(args.shingle_size, args.shingle_size), id_container="smallvec",
    )
    ids, pairs = [], []
    for position, text in enumerate(peer.documents(args.corpus, ids, prepare)):
        pairs += [(earlier, position) for earlier in index.query(text)]
        index.insert_document(position, text)
    peer.write_pairs(args.pairs, ids, pairs)


main()
