"""How things fly: the estimator's own model of free flight and thrust."""
