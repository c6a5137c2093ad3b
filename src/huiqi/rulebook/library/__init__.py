"""What governments decided, as frozen values: vocabulary, policies, facts; from files, with problems."""
