"""The example API in Django: by its test client with a plain view, and by the async one with an async view."""

from __future__ import annotations

import asyncio

import django
from django.conf import settings
from django.http import HttpResponse, JsonResponse
from django.test import AsyncClient, Client, override_settings
from django.urls import path

if not settings.configured:
    settings.configure(ALLOWED_HOSTS=["testserver"], LOGGING_CONFIG=None)
    django.setup()


def _answer(status, headers):
    return JsonResponse([{"id": 7}], safe=False) if status == 200 else HttpResponse(status=status, headers=headers)


def _at(orders):
    return override_settings(ROOT_URLCONF=(path("orders", orders),))


def sync_send(guard, _run):
    """Yield what sends a request to the API."""

    def orders(request):
        return _answer(*guard.judge(request.headers.get("Authorization"), request.GET))

    client = Client(raise_request_exception=False)
    with _at(orders):
        yield lambda headers, params=None: client.get("/orders", params, headers=headers)


def async_send(guard, _run):
    """Yield a coroutine function that does."""

    async def orders(request):
        authorization = request.headers.get("Authorization")
        return _answer(*await asyncio.to_thread(guard.judge, authorization, request.GET))

    client = AsyncClient(raise_request_exception=False)
    with _at(orders):
        yield lambda headers, params=None: client.get("/orders", params, headers=headers)
