"""What the national sharing gateway is told and answers: forms, answers, signed calls. Its target stands beside it."""
