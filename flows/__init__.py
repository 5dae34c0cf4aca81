"""What happens, in order, and when: the workflows and the command line.

``flows.nightly`` runs ``flows.ingest``, ``flows.estimate``, ``flows.track`` and ``flows.report``;
``flows.cli`` is the command ``bornite``. Prefect is known here only, in ``flows.door``.
"""
