"""Pictures as pure functions: a plan and a run go in, rows of styled text come out; nothing here knows a terminal."""
