"""A region: snapshots, the same rules as columns, budgets, entitlements, simulations, targets."""
