"""Structure-aware fuzzing of the virtual card: every application and profile, against a model of the access rules."""
