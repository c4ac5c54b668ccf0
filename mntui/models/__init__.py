"""Who answers a prompt: one call in, one reply or one named failure out, whoever the provider is.

`base` is the contract that every model keeps; `catalog` opens a model by its name, says why one can't be used, prices
it and binds a blueprint's roles. The builtin stand-ins need nothing installed: `extractive` works on the real input by
extraction (`extraction/` reads it), `scripted` repeats the answers of a golden case or a recording.

Deliberately absent: retries, conversations, tool execution, journaling. A model forgets everything between two calls.
"""
