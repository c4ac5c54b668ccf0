"""Text as pure functions: a value and a width go in, lines of styled text come out. All foreign text is made harmless
here, once, so no widget has to."""
