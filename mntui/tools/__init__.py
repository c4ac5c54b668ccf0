"""Everything an agent or a step can do to the world, behind one boundary: a tool never runs in the worker's process.

`base` and `specs` say what tools are, `rules`, `paths`, `bounds` and `addresses` what they may touch, `files`, `sql`,
`web`, `shell`, `mail` and `notify` what the builtin ones do, `python` what a blueprint's own file offers. `host` is the
process that runs them, within `limits`, `client` the worker's end of it. What comes back is a JSON value or one
`ToolFailure`. Absent: retries, approvals, effect keys (the core decides on them).
"""
