"""How the course world and the embedded model were made. Notebooks never import this package."""
