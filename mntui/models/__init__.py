"""Who answers a prompt: one call in, one reply or one named failure out, whoever the provider is.

`base` is the contract that every model keeps. `catalog` opens a model by its name and says why one can't be used,
`binding` chooses one for each role, `prices` says what it costs. `ollama` speaks to local models, `clouds` to everybody
else through litellm; both libraries are imported when first needed. The builtin stand-ins need nothing installed:
`extractive` works on the real input by extraction (`extraction/` reads it), `scripted` repeats the answers of a golden
case or a recording.

Deliberately absent: retries, conversations, tool execution, journaling. A model forgets everything between two calls.
"""
