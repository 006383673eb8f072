"""Stand-ins for the outside world that speak its real protocols on this machine and can be bent."""
