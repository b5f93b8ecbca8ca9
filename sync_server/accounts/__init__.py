"""Who may do what: accounts, roles, sign-in, sessions. It knows no domain of the hall."""
