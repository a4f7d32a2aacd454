"""Event source mappings with the semantics of AWS Lambda, in virtual time and against any endpoint."""
