"""What a person sees: every screen draws a value and sends requests; nothing here knows how a run is carried out."""
