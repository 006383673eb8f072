"""What stands in for a paper: asked of another organ, promised, brought later, or handed in before."""
