"""What is remembered: a log that commits, and what can be read back from it. The only home of the home's files.

A fact is true once its batch is durable; everything else (state, lists, costs) is a fold of facts.
"""
