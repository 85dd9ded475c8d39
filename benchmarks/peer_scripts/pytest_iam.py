"""Starts the server of pytest-iam with one client for the client credentials grant."""

import threading

import portpicker
from pytest_iam import Server

import canaille.app
import canaille.config

import sys
print(sys.version, file=sys.stderr)
