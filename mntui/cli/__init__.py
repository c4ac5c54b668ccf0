"""The command line: words in, requests through an engine, text or one JSON document out, and an exit code.

The app_* files declare the commands and import nothing heavy; a command's body imports the file that does its work.
"""
