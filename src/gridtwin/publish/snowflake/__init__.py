"""
Write the project that makes an account of Snowflake the analytical side of a twin.

`project_files` renders numbered SQL from templates, a semantic model and the tables of a network;
`project_apply` runs it, `snapshot_loading` brings the network and what was worked out.
"""
