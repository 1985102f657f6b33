"""Who may do what: permissions, sign-in, tokens, the audit."""
