"""Everything an agent or a step can do to the world, behind one boundary: a tool never runs in the worker's process.

`base` says what tools are, `rules` and `paths` what they may touch, `files` and `sql` what the builtin ones do,
`python` what a blueprint's own file offers. `host` is the process that runs them, `client` the worker's end of it. What
comes back is a JSON value or one `ToolFailure`. Absent: retries, approvals, effect keys (the core decides on them).
"""
