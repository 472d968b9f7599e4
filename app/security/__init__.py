"""Who may do what: the gate before every request, sessions, headers, the table of permissions."""
