"""What docs/api-contract.md takes for granted: an API."""

from fastapi_orders import create_app  # noqa: F401 - that of the examples
