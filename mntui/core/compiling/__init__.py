"""From a blueprint's plain data to a Plan that can always run, or to every problem at its place."""
