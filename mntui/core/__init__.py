"""The rules of a run, as pure functions over frozen values.

`compile` turns a blueprint into a Plan that can always run; `evolve` folds a fact into the Run; `decide` reads the next
commands off the Run; `begin` and `answer` say which facts a command or a person's request becomes.

Deliberately absent: clocks, randomness, I/O, logging. Time, ids, prices and rendered arguments arrive as values.
"""
