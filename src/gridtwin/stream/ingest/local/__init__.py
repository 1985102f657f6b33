"""Take readings from files into a folder of Parquet, by the same rules, without a server."""
