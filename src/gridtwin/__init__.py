"""gridtwin: the open digital twin of an electric distribution utility."""
