"""Changes of other systems: which rows they are of, in which order, and what lands where."""
