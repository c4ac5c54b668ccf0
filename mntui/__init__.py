"""A runtime and terminal app for AI workflows on one machine: facts up from the journal, work down to the world."""

__version__ = "0.1.0"
