"""What docs/contract.md takes for granted: a client."""

from orders import OrdersClient  # noqa: F401 - the client of the tutorial
