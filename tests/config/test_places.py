"""Every key of a TOML file has a line and a column."""

from mntui.config.places import place_of, places

TEXT = '''\
# models
[models]
default = "a"
  roles.fast = "b"

[ blueprints . "my own" . models ]
'x y' = 1
text = """
[not.a.table]
no = 1
"""
last = {inner = 1}
'''


def test_keys_and_tables_have_the_line_and_column_of_their_name() -> None:
    found = places(TEXT)
    assert found["models",] == (2, 2)
    assert found["models", "default"] == (3, 1)
    assert found["models", "roles", "fast"] == (4, 3)
    assert found["blueprints", "my own", "models", "x y"] == (7, 1)


def test_what_stands_in_a_string_of_several_lines_is_no_key() -> None:
    found = places(TEXT)
    assert ("not", "a", "table") not in found
    assert found["blueprints", "my own", "models", "last"] == (12, 1)


def test_what_has_no_line_of_its_own_has_that_of_what_is_around_it() -> None:
    found = places(TEXT)
    assert place_of(found, ("blueprints", "my own", "models", "last", "inner")) == (12, 1)
    assert place_of(found, ("models", "roles")) == (4, 3)
    assert place_of(found, ("nowhere",)) == (1, 1)
