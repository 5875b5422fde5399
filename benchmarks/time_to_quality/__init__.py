"""What each contestant of ``benchmarks/time_to_quality.py`` does, and how its curve is read.

``contest``, ``batches``, ``peer`` and the peers' own files import the standard library and torch alone, so that a peer
runs in an environment of its own, without what henkan needs. Only ``henkan_entry`` and ``export`` import henkan.
"""
