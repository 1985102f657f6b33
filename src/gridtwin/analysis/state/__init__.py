"""One network in one state: what is supplied, what feeds what, and what it carries."""
