"""Drawings of values that also hear keys: each shows what it is handed, says what was asked, and knows no other."""
