"""Data quality: rules that find what a network's records get wrong."""
