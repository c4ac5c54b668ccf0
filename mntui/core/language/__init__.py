"""Templates and expressions: the small language of a blueprint, checked once, evaluated against the names in scope."""
