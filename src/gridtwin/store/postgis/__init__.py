"""Keep a twin in PostgreSQL with PostGIS, where any SQL client can trace it."""
