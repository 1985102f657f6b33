"""Invented customers: people, homes, and the records that several systems keep of them."""
