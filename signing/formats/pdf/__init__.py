"""PDF documents: ISO 32000, signatures of PAdES (EN 319 142-1), seals in /Contents.

pyHanko reads and writes the structure behind our words; nothing of it leaves this folder, no exception either.
"""
