"""Every version of every order, written once and never again."""
