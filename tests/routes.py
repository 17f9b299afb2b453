"""The addresses of the site, as its own code has them."""

from collections.abc import Iterator

from django.urls import URLPattern, get_resolver


def routes(resolver: object = None, space: str = "") -> Iterator[tuple[str, frozenset[str]]]:
    """The name of each address with its namespaces, and the parts of it that are asked for."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLPattern):
            yield f"{space}{entry.name}", frozenset(entry.pattern.converters)
        else:
            yield from routes(entry, f"{space}{entry.namespace}:" if entry.namespace else space)
