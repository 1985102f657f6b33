"""Questions in words, golden and held out."""
