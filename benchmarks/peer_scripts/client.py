"""Fetches tokens for some seconds over one connection, and prints how many it got in a second."""

import http.client
import json
import sys
import time
from urllib.parse import urlsplit

url, body, fields, seconds = urlsplit(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3]), float(sys.argv[4])
connection = http.client.HTTPConnection(url.netloc, timeout=30)


def ask() -> None:
    """Fetch one."""
    connection.request("POST", url.path, body, fields)
    answer = connection.getresponse()
    assert b"access_token" in answer.read(), answer.status


for _ in range(20):
    ask()
count, began = 0, time.perf_counter()
while time.perf_counter() - began < seconds:
    ask()
    count += 1
print(count / (time.perf_counter() - began))
