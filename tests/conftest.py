"""Helpers beside the tests are importable by their name."""

import os
import sys
from pathlib import Path

from hypothesis import HealthCheck, settings

HERE = Path(__file__).parent
for folder in (HERE, HERE / "core", HERE / "worker", HERE / "kills"):
    if str(folder) not in sys.path:
        sys.path.insert(0, str(folder))

# No test may find the models of whoever runs it: it would be slow, or cost them money.
os.environ["OLLAMA_HOST"] = "127.0.0.1:1"
for name in [name for name in os.environ if name.endswith(("_API_KEY", "_BASE_URL", "_API_BASE"))]:
    del os.environ[name]

# Machines here are shared and noisy: how long an example takes says nothing about the code.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("shared")
