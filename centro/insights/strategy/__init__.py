"""How the strategic plan stands: the rule of its lights, its table, its drawing."""
