"""What may be said of where objects are kept."""

from pathlib import Path

import pytest

from objectstore.location import BadLocation, open_objects


@pytest.mark.parametrize(
    ("url", "complaint"),
    [
        ("", "neither file:///folder nor s3://bucket/prefix"),
        ("/var/lib/remit", "neither file:///folder nor s3://bucket/prefix"),
        ("https://bucket.example.org", "neither file:///folder nor s3://bucket/prefix"),
        ("file://evidence", "is not file:///folder"),
        ("file:evidence", "is not file:///folder"),
        ("file:///tmp?region=eu", "is not file:///folder"),
        ("s3:///prefix", "takes the bucket's name next"),
        ("s3://key:secret@bucket", "takes the bucket's name next"),
        ("s3://bucket?zone=1&colour=red", "colour, zone: only endpoint and region may stand"),
        ("s3://bucket?endpoint=127.0.0.1:9000", "must begin with https:// or http://"),
        ("s3://[", "is no URL"),
    ],
)
def test_a_url_that_makes_no_sense_is_refused_with_the_way_out(url: str, complaint: str) -> None:
    with pytest.raises(BadLocation, match=complaint) as refused:
        open_objects(url)
    assert "secret" not in str(refused.value).replace("a secret key", "")


def test_a_folder_is_not_made_where_a_disk_should_be_mounted(tmp_path: Path) -> None:
    with pytest.raises(BadLocation, match=f"the folder {tmp_path}/mnt is not there"):
        open_objects((tmp_path / "mnt").as_uri())
    assert not (tmp_path / "mnt").exists()


@pytest.mark.parametrize("keys", [{"access_key": "a"}, {"secret_key": "s"}])
def test_half_a_pair_of_keys_is_refused(keys: dict[str, str]) -> None:
    with pytest.raises(BadLocation, match="set both or neither"):
        open_objects("s3://bucket", **keys)
