"""
Find the right page of the right manual: read documents, search them, tie them to the equipment.

A library is a directory: `manuals.sqlite` holds what was read of each document, `pages.index` finds
it again. Files are read in a process of their own (`reading_worker`), for they may be hostile.
"""
