"""Floor 5: what a question returns, typed, and as documents, frames and tables for all doors."""
