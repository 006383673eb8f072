"""Directories taken in from workbooks, tables and catalogues: staged first, judged cell by cell, applied as drafts."""
