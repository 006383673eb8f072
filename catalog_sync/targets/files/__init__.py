"""The exchange of files with control tables: their columns, data files, the folder. Its target stands beside it."""
