"""What people and scripts do with a running stack: `python -m ops --help`."""
