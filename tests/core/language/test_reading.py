"""Which names an expression reads, as far as that can be said without running it."""

import pytest

from mntui.core.language.evaluation import program


@pytest.mark.parametrize(
    ("source", "paths"),
    [
        ("1 + 2", []),
        ("a", ["a"]),
        ("a.b.c", ["a.b.c"]),
        ("a['b'].c", ["a.b.c"]),
        ("a[0].c", ["a"]),
        ("a.b[i].c", ["a.b", "i"]),
        ("a.b[1:n]", ["a.b", "n"]),
        ("(a.b).c", ["a.b.c"]),
        ("(a | first).c", ["a"]),
        ("{'k': a.b}.k", ["a.b"]),
        ("a.b | default(c.d) | join(sep)", ["a.b", "c.d", "sep"]),
        ("a if b else c", ["a", "b", "c"]),
        ("a is in b", ["a", "b"]),
        ("rows | selectattr('x', 'eq', want.x)", ["rows", "want.x"]),
        ("needs.send.status == 'failed'", ["needs.send.status"]),
        ("a.b and a.b and a.c", ["a.b", "a.c"]),
    ],
)
def test_references_are_the_static_paths(source, paths):
    assert sorted(".".join(reference.path) for reference in program(source).references) == sorted(paths)
