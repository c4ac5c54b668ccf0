"""HOME/config.toml: what a person set for this home. Read alone, checked whole, and never a reason not to start."""
