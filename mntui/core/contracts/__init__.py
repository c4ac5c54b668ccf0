"""What a value must be: types of inputs, short contracts, JSON Schema, durations."""
