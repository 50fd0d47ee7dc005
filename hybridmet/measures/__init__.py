"""What one would measure on a patient: blood draws, what filters select, metastatic efficiency."""
