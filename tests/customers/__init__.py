"""Customers: matched, served, kept apart from who may not see them."""
