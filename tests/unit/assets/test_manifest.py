"""What was not written here is named with source, licence and hash."""

from assets.manifest import ROOT, find_vendored, hash_file, load_manifest


def test_no_vendored_file_lacks_an_entry_and_no_entry_lacks_its_file() -> None:
    assert find_vendored() == {entry.path for entry in load_manifest().file}


def test_each_file_is_the_one_whose_hash_was_written_down() -> None:
    assert not [entry.path for entry in load_manifest().file if hash_file(ROOT / entry.path) != entry.sha256]


def test_each_licence_is_in_the_tree() -> None:
    assert not [entry.path for entry in load_manifest().file if not (ROOT / entry.licence_file).is_file()]
