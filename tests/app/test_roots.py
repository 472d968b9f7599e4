import pytest

from datasetbuilder.app.security.roots import ImageRoots
from datasetbuilder.errors import DataError, PermissionDenied


@pytest.fixture
def place(tmp_path):
    """A root with a folder in it, and a secret beside it."""
    (tmp_path / "root" / "cats").mkdir(parents=True)
    (tmp_path / "secret").mkdir()
    (tmp_path / "root-too").mkdir()
    (tmp_path / "root" / "file.png").write_bytes(b"")
    (tmp_path / "root" / "way-out").symlink_to(tmp_path / "secret")
    (tmp_path / "root" / "way-in").symlink_to(tmp_path / "root" / "cats")
    (tmp_path / "root" / "loop").symlink_to(tmp_path / "root" / "loop")
    return tmp_path


@pytest.mark.parametrize(
    "named", ["root", "root/cats", "root/cats/..", "root/./cats/", "root/way-in"]
)
def test_a_folder_inside_a_root_is_found(place, named):
    found = ImageRoots([place / "root"]).resolve(f"{place}/{named}")
    assert found.is_relative_to(place / "root")


@pytest.mark.parametrize(
    "named",
    [
        "secret",
        "root/../secret",
        "root/cats/../../secret",
        "root/way-out",
        "root-too",
        "nowhere",
        "root/way-out/deeper",
    ],
)
def test_a_folder_elsewhere_is_refused_whether_or_not_it_exists(place, named):
    with pytest.raises(PermissionDenied, match="not inside an image root"):
        ImageRoots([place / "root"]).resolve(f"{place}/{named}")


@pytest.mark.parametrize("named", ["/etc", "/", "~root", "/proc/self/cwd"])
def test_the_system_is_not_readable(place, named):
    with pytest.raises((PermissionDenied, DataError)):
        ImageRoots([place / "root"]).resolve(named)


@pytest.mark.parametrize("named", ["", "  ", "a\0b", "relative/path", "..\\secret", "%2Fetc"])
def test_what_is_no_full_path_is_refused(place, named):
    with pytest.raises(DataError):
        ImageRoots([place / "root"]).resolve(named)


@pytest.mark.parametrize("named", ["root/file.png", "root/nothing"])
def test_inside_a_root_the_reason_is_told(place, named):
    with pytest.raises(DataError, match="is not a folder"):
        ImageRoots([place / "root"]).resolve(f"{place}/{named}")


def test_a_link_in_a_circle_is_refused(place):
    with pytest.raises((PermissionDenied, DataError)):
        ImageRoots([place / "root"]).resolve(f"{place}/root/loop")


def test_without_roots_nothing_is_readable(place):
    with pytest.raises(PermissionDenied, match="--image-root"):
        ImageRoots().resolve(str(place))


def test_the_home_of_nobody_is_refused_in_words(place):
    with pytest.raises(DataError, match="is not a full path"):
        ImageRoots([place / "root"]).resolve("~nobody-of-that-name/cats")
