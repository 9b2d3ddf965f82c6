"""What machines see: JSON over the same verbs, and one shape for every error."""
