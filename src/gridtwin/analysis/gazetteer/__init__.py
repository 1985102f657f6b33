"""Find places by name: addresses, streets, towns; misspelt ones too."""
