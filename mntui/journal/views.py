"""placeholder"""
from typing import Final
VIEWS: Final = {}
