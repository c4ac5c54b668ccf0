"""`python -m screenshots`: make all pictures anew, from the tour that the tests take as well. Needs `.[dev]`.

The clock stands still and the run is a recorded one, so the same code gives the same bytes.
"""

import asyncio
import sys
import tempfile
from importlib import import_module
from pathlib import Path

TREE = Path(__file__).parent.parent


async def make() -> None:
    sys.path.insert(0, str(TREE))
    import_module("tests.conftest")
    gallery = import_module("tests.ui.gallery")
    for size in (gallery.WIDE, gallery.NARROW):
        with tempfile.TemporaryDirectory() as home:
            async for name, _, picture in gallery.pictures(Path(home), size):
                (gallery.PICTURES / f"{name}.svg").write_text(picture, encoding="utf-8")
                sys.stderr.write(f"{name}.svg\n")


if __name__ == "__main__":
    asyncio.run(make())
