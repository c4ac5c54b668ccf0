"""Blueprint files: found by name, read without running anything, checked with lines and columns, trusted by a person.

`load` is the way in. A broken file is a list of problems, never an exception. Absent: running, watching, prices.
"""
