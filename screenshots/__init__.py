"""Pictures of the app, and the recorded run that the demo plays: both made by scripts, never by hand."""
