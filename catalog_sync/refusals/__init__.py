"""What a platform has refused, brought back to whose it is: a task with a deadline, closed when it is settled."""
