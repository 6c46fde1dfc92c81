"""Files of other recorders as plain calls; each module but the shared ones reads one kind."""
