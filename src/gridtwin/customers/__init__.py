"""
Who the customers are: records of several sources, normalized, matched and explained.

`customer_map` says what the tables of a source mean, `customer_table` reads them, and
`enrollment_folding` makes records of retailers' transactions; `record_normalization` writes names,
addresses and contacts in one way; `matching_run` finds which records are of one party,
`bloom_linkage` the same without names; `simulation` invents records with the truth beside them.
What is kept of it is the store's, what it answers is the twin's.
"""
