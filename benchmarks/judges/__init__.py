"""What others say of our feeds and pages: ``python -m benchmarks judges [ROWS]``.

A real server is started twice, on the demo after its first polls and on a store of 100,000 headlines with hostile
titles; every public feed, page and list is collected and given to every judge, parser and reader that is installed.
None of them is a dependency; those that are not found are named, not passed over. To have them all::

    apt-get install newsboat sfeed rsstail rss2email jing default-jre-headless
    npm install rss-parser feedsmith @rowanmanning/feed-parser jsonfeed-schema ajv ajv-formats vnu-jar
    pip install listparser redbot
    export NODE_PATH=$PWD/node_modules ATOM_RNC=atom.rnc   # the schema of RFC 4287, appendix B, saved as a file

The W3C's feed validator is in no registry; what it objects to is written down in ``rules.py``.
"""

from benchmarks.judges.judging import main

__all__ = ["main"]
