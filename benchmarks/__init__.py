"""How fast it is, and how far from what the machine allows: every figure beside its physical limit, in one run."""
