"""Whoever wants to know hears of each status that an order comes to, once."""
