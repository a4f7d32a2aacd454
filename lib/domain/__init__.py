"""The worlds this stack carries: their types and their rules. Knows nothing of AWS."""
