"""The management API as this project makes it: views, scopes, filters, paging."""
