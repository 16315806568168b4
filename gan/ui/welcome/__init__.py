"""The welcome tab: a wall of breathing pictures and three doors."""
