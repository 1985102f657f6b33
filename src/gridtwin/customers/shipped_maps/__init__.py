"""Maps of tables of customers that come with gridtwin."""
