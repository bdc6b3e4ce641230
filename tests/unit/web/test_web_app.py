"""The application: who may ask, what comes back, and the headers that go with it."""

import asyncio
import json
import re
from pathlib import Path

import httpx
import pytest

from signalfire.basis.errors import WrongRealm
from signalfire.web import app as app_module
from signalfire.web.app import Page, loopback_hosts, loopback_origins, make_app
from signalfire.web.areas import areas_json
from signalfire.web.guard import HEADERS, POLICY
from signalfire.web.live import LivePicture

ORIGIN = "http://127.0.0.1:8080"
NOW_NS = 1_505_426_257_000_000_000


class Client:
    """Asks the application itself, without a network."""

    def __init__(self, page: Page) -> None:
        self._page = page

    def get(self, path: str, headers: dict[str, str] | None = None) -> httpx.Response:
        return self.request("GET", path, headers)

    def request(
        self, method: str, path: str, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(app=self._page)
            async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
                return await client.request(method, path, headers=headers)

        return asyncio.run(ask())


def client_of(live: LivePicture, nation: str | None = "JPN", realm: str = "test:t") -> Client:
    page = make_app(
        live,
        nation=nation,
        realm=realm,
        allowed_hosts=loopback_hosts(),
        allowed_origins=loopback_origins(8080),
    )
    return Client(page)


@pytest.fixture
def live() -> LivePicture:
    picture = LivePicture(nations=("JPN", "KOR"))
    picture.tick(NOW_NS)
    return picture


@pytest.fixture
def client(live: LivePicture) -> Client:
    return client_of(live)


@pytest.mark.parametrize(
    "path",
    ["/", "/state.json", "/warnings.json", "/areas.json", "/health", "/metrics", "/nowhere"],
)
def test_every_answer_carries_the_strict_headers(client: Client, path: str) -> None:
    answer = client.get(path)
    for name, value in HEADERS.items():
        assert answer.headers[name] == value


def test_the_policy_allows_nothing_inline_and_nothing_foreign() -> None:
    assert "unsafe" not in POLICY and "http" not in POLICY and "*" not in POLICY
    assert POLICY.startswith("default-src 'none'")


def test_another_host_name_is_refused(client: Client) -> None:
    for host in ("evil.example", "127.0.0.1.evil.example", "", "evil.example:8080"):
        assert client.get("/state.json", headers={"host": host}).status_code == 403
    for host in ("127.0.0.1:8080", "localhost", "[::1]:8080"):
        assert client.get("/state.json", headers={"host": host}).status_code == 200


def test_the_director_page_does_not_exist_in_the_live_realm(live: LivePicture) -> None:
    with pytest.raises(WrongRealm, match="exercise and test realms only"):
        client_of(live, nation=None, realm="live")
    assert client_of(live, nation=None, realm="exercise:EX1").get("/health").status_code == 200


def test_the_page_says_its_realm_before_any_script_runs(
    live: LivePicture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    source = Path(app_module.__file__).parent / "frontend" / "src" / "index.html"
    (tmp_path / "index.html").write_text(source.read_text())
    monkeypatch.setattr(app_module, "STATIC", tmp_path)
    text = client_of(live, realm="exercise:EX1").get("/").text
    banners = re.findall(r'<div class="banner .*?</div>', text, re.DOTALL)
    assert len(banners) == 2
    assert all("exercise:EX1" in banner for banner in banners)
    assert 'data-nation="JPN"' in text and "@" not in text


def test_a_page_that_was_not_built_says_how_to_build_it(
    live: LivePicture, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(app_module, "STATIC", tmp_path)
    answer = client_of(live).get("/")
    assert answer.status_code == 503
    assert "make setup" in answer.text and "Node" in answer.text


def test_state_and_warnings_are_plain_json(client: Client, live: LivePicture) -> None:
    line = {"id": "W-JPN-1-1", "status": "initial", "at": "2017-09-14T22:00:00Z"}
    live.publish(NOW_NS, "JPN", "warnings", line)
    state = client.get("/state.json").json()
    assert (state["nation"], state["realm"], state["format"]) == ("JPN", "test:t", 1)
    assert state["warnings"][0]["line"] == line
    listed = client.get("/warnings.json").json()
    assert listed["next"] == 1 and listed["warnings"][0]["line"] == line


def test_metrics_count_screens_and_warnings(client: Client) -> None:
    text = client.get("/metrics").text
    assert "signalfire_picture_viewers 0.0" in text
    assert "signalfire_picture_warnings_total 0.0" in text


def test_areas_have_an_id_and_fit_a_screen() -> None:
    body = areas_json()
    features = json.loads(body)["features"]
    assert {"JP-01", "KR-42"} <= {feature["id"] for feature in features}
    assert len(body) < 2_000_000


def test_nobody_can_write(client: Client) -> None:
    for path in ("/", "/state.json", "/warnings", "/warnings.json", "/picture"):
        for method in ("POST", "PUT", "DELETE", "PATCH"):
            assert client.request(method, path).status_code in (404, 405)
