"""Every order in OpenSearch, as its latest version says."""
