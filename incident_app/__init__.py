"""incident-app: one closed loop from a filed personal data breach to everybody told, proved, remedied and closed."""
