"""The mechanism of stream functions: AWS shapes, time and failure. Knows nothing of trips and orders."""
