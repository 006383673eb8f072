"""Directories given out: as tables, as the workbook that can be taken in again, and as a DCAT-AP catalogue."""
