"""Subject profiles (一企一档、一人一档): what is shared about one subject, by ordinary calls to the gate."""
