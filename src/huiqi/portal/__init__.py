"""The portal: registry, policy library and matching on Django, for people and other systems."""
