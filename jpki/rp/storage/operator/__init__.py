"""Where the operator keeps tenants, and beside each tenant's customers what only an operator keeps."""
