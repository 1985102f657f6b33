"""Draw feeders as lines and switches, away from the map."""
