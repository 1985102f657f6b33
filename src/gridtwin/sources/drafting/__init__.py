"""
Draft the mapping of a utility's own GIS from the evidence in it.

`mapping_profile` says what each layer and column holds, `profile_links` which columns name nodes or
refer to rows elsewhere, `profile_places` how layers meet by place; `draft_words` knows what layers
and values are called in several languages; `draft_values`, `draft_numbers` and `draft_switches`
guess what columns are, `draft_layers`, `draft_ends` and `draft_heads` make blocks of them,
`draft_text` writes these with their evidence, and `mapping_draft` joins it all. `draft_like` holds
a mapping that comes with gridtwin against a source.
"""
