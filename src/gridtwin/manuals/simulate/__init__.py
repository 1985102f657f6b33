"""
Write an invented corpus of manuals with questions whose answers are known.

Makers, models and values are invented; nothing in it may be used on real equipment.
"""
