"""What only the map is shown: features of its tiles, element cards, overviews."""
