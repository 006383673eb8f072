"""Supervision after approval (审管衔接): what is issued is told to whoever supervises it, and answered."""
