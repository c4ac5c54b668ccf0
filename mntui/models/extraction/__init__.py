"""Answering by extraction: everything said was found in the input, or is one of a few fixed words that join it.

`reading` sees values and texts, `labels` finds the nearest label, `wording` makes sentences that cite values,
`filling` fills a JSON Schema. All pure functions, the same in every process: no clock, no randomness, no set order.
"""
