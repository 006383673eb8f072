"""Figures for leaders (通报): what the ledger says was done, counted by day, region, department and measure."""
