"""Floor 8: when supply is back: the batch job, what is promised, and storms ahead."""
