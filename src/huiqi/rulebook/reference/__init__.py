"""One subject: the plain evaluator that a person can follow, limits, explanations, boundary cases."""
