"""One screen a file: it puts widgets together, hands them values, and turns what was asked into requests."""
