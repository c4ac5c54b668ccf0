"""The background process, and the only writer: it takes turns with each run.

One turn: outcomes and requests become facts, `decide` is asked until it has nothing new, everything is committed at
once, and only then is anything published or done. Restart is nothing special: replay, decide, go on.
"""
