"""Evidence packs: a sealed file and what its library states of it, in one archive, judged without asking anybody."""
