"""Between HTTP libraries and the core: each transport converts, asks the board, converts back, and decides nothing."""
