"""Characters from pictures, and 3D models."""

from __future__ import annotations

import datetime as dt
import io
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
from gltf import Glb

import estuary
from estuary.gateway.generation import picture as pictures
from estuary.gateway.generation.colors import hashed_palette
from estuary.gateway.generation.figure import figure
from estuary.gateway.generation.gltf import glb

Image = pytest.importorskip("PIL.Image")

CHARACTERS = "/api/v1/characters"
FROM_IMAGE = f"{CHARACTERS}/from-image"


def drawn(*colors: Any, size: tuple[int, int] = (60, 40), kind: str = "PNG", mode: str = "RGB") -> bytes:
    """A picture with stripes of these colours."""
    image = Image.new(mode, size)
    width = size[0] // len(colors)
    for number, color in enumerate(colors):
        image.paste(color, (number * width, 0, size[0] if color is colors[-1] else (number + 1) * width, size[1]))
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


TEAL = drawn((10, 120, 125), (10, 120, 125), (230, 200, 60))


class Api:
    def __init__(self, gateway: Any) -> None:
        self.url = gateway.url
        self.headers = {"X-API-Key": gateway.api_key}

    def __call__(self, method: str, path: str, status: int = 200, **options: Any) -> Any:
        headers = {**self.headers, **options.pop("headers", {})}
        answer = requests.request(method, self.url + path, timeout=20, headers=headers, **options)
        assert answer.status_code == status, answer.text
        return answer.json() if answer.content else None

    def make(self, data: bytes, status: int = 201, **headers: str) -> Any:
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return self("POST", FROM_IMAGE, status, files={"image": ("x.png", data, "image/png")}, headers=named)


@pytest.fixture
def api(gateway: Any) -> Api:
    return Api(gateway)


# --- from pictures


def test_a_character_from_a_picture(api: Api, player: str) -> None:
    made = api.make(TEAL, X_Player_Id=player)
    assert made["player_id"] == player
    assert made["name"] in ("Marin", "Cyan", "Delta", "Laguna", "Teal", "Kelda")
    # it says what it was made of, and by what
    assert "No vision model" in made["background"]
    assert "60 × 40 pixels" in made["background"]
    assert "teal (67%), yellow (33%)" in made["background"]
    assert made["appearance"].startswith("dressed in dark teal and yellow")
    assert made["model_status"] is None
    source = requests.get(made["source_image_url"], timeout=10)
    assert source.content == TEAL
    assert (source.headers["Content-Type"], source.headers["X-Content-Type-Options"]) == ("image/png", "nosniff")
    avatar = Image.open(io.BytesIO(requests.get(made["avatar"], timeout=10).content))
    assert avatar.size == (40, 40)
    assert avatar.format == "PNG"
    # and it is a character as any other
    assert api("GET", f"{CHARACTERS}/{made['id']}") == made
    assert made in api("GET", CHARACTERS, headers={"X-Player-Id": player})["characters"]
    changed = api("PUT", f"{CHARACTERS}/{made['id']}", json={"persona": {"name": "Ada"}})
    assert (changed["name"], changed["avatar"], changed["appearance"]) == ("Ada", made["avatar"], made["appearance"])
    api("DELETE", f"{CHARACTERS}/{made['id']}", 204)
    assert requests.get(made["source_image_url"], timeout=10).status_code == 404


def test_it_can_be_talked_to(gateway: Any, player: str) -> None:
    with estuary.Client(api_key=gateway.api_key, server_url=gateway.url) as client:
        character = client.generation.character_from_image(TEAL, player_id=player)
    with gateway.session(player_id=player, character_id=character.id) as session:
        assert character.name in session.send("What is your name?").text


def test_the_same_picture_is_the_same_person(api: Api) -> None:
    fields = ("name", "tagline", "personality", "background", "appearance")
    one, other = api.make(TEAL), api.make(TEAL)
    assert one["id"] != other["id"]
    assert [one[field] for field in fields] == [other[field] for field in fields]
    dark = api.make(drawn((20, 5, 5), (60, 10, 10), (15, 15, 30)))
    bright = api.make(drawn((250, 250, 255), (255, 240, 250), (250, 255, 250)))
    assert "dusk" in dark["personality"]
    assert "cheerful" in bright["personality"]


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP"])
def test_kinds_of_pictures(api: Api, kind: str) -> None:
    made = api.make(drawn((200, 30, 30), (20, 30, 200), size=(1200, 300), kind=kind))
    assert "1200 × 300 pixels" in made["background"]
    assert requests.get(made["source_image_url"], timeout=10).headers["Content-Type"] == f"image/{kind.lower()}"


@pytest.mark.parametrize(
    ("mode", "color", "options"),
    [
        ("L", 90, {}),
        ("1", 1, {}),
        ("I;16", 40_000, {}),
        ("RGBA", (10, 200, 10, 0), {}),
        ("LA", (10, 0), {}),
        ("P", 3, {}),
        ("P", 3, {"transparency": 3}),
    ],
)
def test_modes_of_pictures(mode: str, color: Any, options: Any) -> None:
    image = Image.new(mode, (9, 7), color)
    if mode == "P":
        image.putpalette([0, 50, 100] * 256)
    file = io.BytesIO()
    image.save(file, "PNG", **options)
    measured = pictures.measure(file.getvalue())
    assert (measured.width, measured.height) == (9, 7)
    assert abs(sum(share for _, share in measured.palette) - 1) < 1e-6
    if options or mode in ("RGBA", "LA"):
        assert measured.brightness > 0.99  # what is transparent is as the paper below


def test_upright(api: Api) -> None:
    image = Image.new("RGB", (80, 20), (200, 30, 30))
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    exif[0x010E] = "taken at home"
    for kind in ("JPEG", "PNG", "WEBP"):
        file = io.BytesIO()
        image.save(file, kind, exif=exif)
        measured = pictures.measure(file.getvalue())
        assert (measured.width, measured.height) == (20, 80)
        assert b"taken at home" in file.getvalue()
        assert b"taken at home" not in measured.avatar


def test_the_same_key_makes_it_once(api: Api) -> None:
    key = f"key-{threading.get_ident()}-once"
    made = api.make(TEAL, Idempotency_Key=key)
    assert api.make(TEAL, Idempotency_Key=key) == made
    assert api.make(TEAL, Idempotency_Key=key + "-2")["id"] != made["id"]
    assert "another picture" in str(api.make(drawn((1, 2, 3)), 422, Idempotency_Key=key)["detail"])
    assert "another picture" in str(api.make(TEAL, 422, Idempotency_Key=key, X_Player_Id="other"))
    # when it is gone, it is made anew
    api("DELETE", f"{CHARACTERS}/{made['id']}", 204)
    assert api.make(TEAL, Idempotency_Key=key)["id"] != made["id"]


def test_the_same_key_many_times_at_once(make_gateway: Any) -> None:
    api = Api(make_gateway())
    before = api("GET", CHARACTERS)["total"]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: api.make(TEAL, Idempotency_Key="together"), range(8)))
    assert len({character["id"] for character in made}) == 1
    assert api("GET", CHARACTERS)["total"] == before + 1


@pytest.mark.parametrize(
    "data",
    [
        b"not a picture",
        TEAL[:-40],
        TEAL[:60],
        b"\xff\xd8\xff",
        b"\x89PNG\r\n\x1a\n",
        b"RIFF\x10\0\0\0WEBPVP8 ",
        drawn((1, 2, 3), kind="GIF"),
        drawn((1, 2, 3), kind="BMP"),
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        b"",
    ],
    ids=lambda data: data[:12].hex(),
)
def test_bad_pictures(api: Api, data: bytes) -> None:
    assert api.make(data, 422)["detail"]


def test_no_picture(api: Api) -> None:
    api("POST", FROM_IMAGE, 422)
    api("POST", FROM_IMAGE, 422, json={"image": "x"})
    api("POST", FROM_IMAGE, 422, files={"picture": ("x.png", TEAL, "image/png")})
    api("POST", FROM_IMAGE, 422, data={"image": "text"})
    api("POST", FROM_IMAGE, 400, data=b"nonsense", headers={"Content-Type": "multipart/form-data; boundary=x"})
    answer = requests.post(api.url + FROM_IMAGE, files={"image": ("x.png", TEAL, "image/png")}, timeout=10)
    assert answer.status_code == 401


def test_pictures_that_are_too_large(api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "10,485,760 are allowed" in api.make(TEAL + bytes(10 * 1024 * 1024), 413)["detail"]
    # a small file of many pixels
    bomb = drawn(0, size=(20_000, 20_000), mode="1")
    assert len(bomb) < 200_000
    assert "pixels" in api.make(bomb, 413)["detail"]


# --- 3D models


def model(api: Api, character: str, **body: Any) -> Any:
    path = f"{CHARACTERS}/{character}/model"
    begun = api("POST", path, json=body)
    assert (begun["modelStatus"], begun["progress"]) == ("pending", 0)
    with estuary.Client(api_key=api.headers["X-API-Key"], server_url=api.url) as client:
        seen: list[Any] = []
        status = client.generation.wait_for_model(character, timeout=30, interval=0.02, on_progress=seen.append)
    assert {each.status for each in seen} <= {"pending", "in_progress", "completed"}
    progress = [each.progress for each in seen]
    assert progress == sorted(progress)
    assert status.status == "completed"
    return api("GET", path)


@pytest.mark.parametrize("rigged", [False, True])
def test_a_model(api: Api, gateway: Any, rigged: bool) -> None:
    character = gateway.create_character(persona={"name": "Ada"})
    path = f"{CHARACTERS}/{character}"
    assert "no 3D model" in api("GET", path + "/model", 404)["detail"]
    done = model(api, character, **({"rigged": True} if rigged else {}))
    assert (done["progress"], done["rigged"], done["characterId"]) == (100, rigged, character)
    assert done["animations"] == (["idle", "wave"] if rigged else [])
    answer = requests.get(done["modelUrl"], timeout=10)
    assert answer.headers["Content-Type"] == "model/gltf-binary"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    document = Glb(answer.content).document
    assert [animation["name"] for animation in document.get("animations", [])] == done["animations"]
    assert ("skins" in document) is rigged
    for name, size in (("modelPreviewUrl", 512), ("thumbnailUrl", 128)):
        picture = Image.open(io.BytesIO(requests.get(done[name], timeout=10).content))
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (size, size))
        assert len(picture.getcolors(size * size)) > 50
    shown = api("GET", path)
    assert (shown["model_status"], shown["model_url"]) == ("completed", done["modelUrl"])
    assert shown["model_preview_url"] == done["modelPreviewUrl"]


def test_a_model_wears_the_colours_of_the_picture(api: Api) -> None:
    made = api.make(drawn((200, 20, 20), (30, 40, 160)))
    document = Glb(requests.get(model(api, made["id"])["modelUrl"], timeout=10).content).document
    (top,) = (each for each in document["materials"] if each["name"] == "top")
    red, green, blue, _ = top["pbrMetallicRoughness"]["baseColorFactor"]
    assert red > 0.5  # of light, not of the sRGB curve
    assert max(green, blue) < 0.02


def test_a_new_model_takes_the_place_of_the_old(api: Api, gateway: Any) -> None:
    character = gateway.create_character()
    first = model(api, character)
    second = model(api, character, rigged=True)
    assert first["modelUrl"] != second["modelUrl"]
    assert requests.get(first["modelUrl"], timeout=10).status_code == 404
    api("DELETE", f"{CHARACTERS}/{character}", 204)
    assert requests.get(second["modelUrl"], timeout=10).status_code == 404
    for method in ("GET", "POST"):
        assert "character not found" in api(method, f"{CHARACTERS}/{character}/model", 404)["detail"]


def test_one_at_a_time(api: Api, gateway: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    character = gateway.create_character()
    path = f"{CHARACTERS}/{character}/model"
    at_it, go_on = threading.Event(), threading.Event()

    def slow(*args: Any, **kwargs: Any) -> bytes:
        at_it.set()
        assert go_on.wait(20)
        return glb(*args, **kwargs)

    monkeypatch.setattr("estuary.gateway.generation.gltf.glb", slow)
    api("POST", path)
    try:
        assert at_it.wait(10)
        assert "being made" in api("POST", path, 409, json={"rigged": True})["detail"]
        running = api("GET", path)
        assert (running["modelStatus"], running["progress"], running["modelUrl"]) == ("in_progress", 30, None)
        assert api("GET", f"{CHARACTERS}/{character}")["model_status"] == "in_progress"
    finally:
        go_on.set()
    with estuary.Client(api_key=gateway.api_key, server_url=gateway.url) as client:
        assert client.generation.wait_for_model(character, timeout=30, interval=0.02).status == "completed"


def test_a_failure_is_told_and_can_be_repeated(api: Api, gateway: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    character = gateway.create_character()

    def broken(*args: Any, **kwargs: Any) -> bytes:
        raise RuntimeError("out of clay")

    with monkeypatch.context() as patch, estuary.Client(api_key=gateway.api_key, server_url=gateway.url) as client:
        patch.setattr("estuary.gateway.generation.gltf.glb", broken)
        client.generation.start_model(character)
        assert client.generation.wait_for_model(character, timeout=30, interval=0.02).status == "failed"
    assert model(api, character)["modelStatus"] == "completed"


def test_who_died_at_it_does_not_stand_in_the_way(make_gateway: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    gateway = make_gateway()
    api = Api(gateway)
    store = gateway._app._models.store
    assert store.begin_model(gateway.character_id, rigged=True) is not None  # and nobody makes it
    api("POST", f"{CHARACTERS}/{gateway.character_id}/model", 409)
    monkeypatch.setattr("estuary.gateway.storage.generation._DEAD", dt.timedelta(seconds=-1))
    assert api("GET", f"{CHARACTERS}/{gateway.character_id}/model")["modelStatus"] == "failed"
    api("POST", f"{CHARACTERS}/{gateway.character_id}/model")


def test_the_gateway_ends_while_one_is_made(make_gateway: Any, tmp_path: Any) -> None:
    gateway = make_gateway(db=tmp_path / "g.db")
    Api(gateway)("POST", f"{CHARACTERS}/{gateway.character_id}/model", json={"rigged": True})
    gateway.close()
    again = make_gateway(db=tmp_path / "g.db")
    assert Api(again)("GET", f"{CHARACTERS}/{again.character_id}/model")["modelStatus"] == "completed"


@pytest.mark.parametrize("name", ["Ada", "Bob", "Marina", "", "ü\ud800", "x" * 100])
def test_all_figures_are_sound(name: str) -> None:
    made = figure(hashed_palette(name), name)
    for rigged in (False, True):
        Glb(glb(made, "x", rigged=rigged, generator="test"))


def test_figures_without_much_colour() -> None:
    for palette in ([], [(0.0, 0.0, 0.0)], [(1.0, 1.0, 1.0)], [(0.5, 0.5, 0.5)] * 5):
        Glb(glb(figure(palette, "x"), "x", rigged=True, generator="test"))


def test_files_that_are_none(api: Api) -> None:
    for name in ("x", "..%2f..%2fetc%2fpasswd", "a" * 64):
        api("GET", f"/api/v1/files/{name}", 404)
