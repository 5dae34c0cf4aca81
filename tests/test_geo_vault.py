"""The vault keeps originals unchanged, once, read-only, whole."""

from __future__ import annotations

import hashlib
import stat

from geo.vault import keep, vault_path


def test_an_original_is_kept_by_its_sha256_read_only_and_once(tmp_path):
    original = tmp_path / "样品.csv"
    original.write_bytes(b"a,b\n1,2\n")
    digest = keep(original, tmp_path / "ws")
    assert digest == hashlib.sha256(b"a,b\n1,2\n").hexdigest()
    kept = vault_path(digest, tmp_path / "ws")
    assert kept.read_bytes() == original.read_bytes()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o444
    before = kept.stat().st_mtime_ns
    assert keep(original, tmp_path / "ws") == digest
    assert kept.stat().st_mtime_ns == before
    original.write_bytes(b"changed")
    assert keep(original, tmp_path / "ws") != digest
    assert kept.read_bytes() == b"a,b\n1,2\n"
    assert not list((tmp_path / "ws").rglob("*.partial"))
