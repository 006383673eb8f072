"""Material-free filing: what a matter asks for, what can stand in for each paper, the least that must be brought."""
