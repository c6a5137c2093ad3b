"""What the reader misses and adds in the documents of `open/`.

    python -m tests.reading_corpus.show [NAME …]

NAME is the start of a folder's name. Documents held out are not shown, on purpose.
"""

import sys

from huiqi.reading import read
from tests.reading_corpus.documents import OPEN, labels_of
from tests.reading_corpus.scoring import compare

if __name__ == "__main__":
    starts = tuple(sys.argv[1:]) or ("",)
    for folder in OPEN:
        if not folder.name.startswith(starts):
            continue
        print(folder.name)
        labels = labels_of(folder)
        for part, row in compare(labels, read(folder / "text.txt").as_json()).items():
            for word, things in (("missed", row.missed), ("extra ", row.extra)):
                for thing, times in things.items():
                    print(f"  {word} {part:8} {thing}" + (f" x{times}" if times > 1 else ""))
