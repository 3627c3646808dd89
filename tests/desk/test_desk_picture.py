"""What the desk shows of a guardian that holds the enable off."""

from syntherm.desk.picture import key, picture


def test_why_there_is_no_enable_is_one_line() -> None:
    state = {"guardian": "not proven: stop: not within 1 s\x1b[2J"}
    assert "!!  no enable: not proven: stop: not within 1 s?[2J" in picture(state)
    assert not any("no enable" in line for line in picture({"guardian": ""}))
    assert "!!  no enable: not known" in picture({}), "what is not told is not known"


def test_it_is_drawn_anew_when_that_changes() -> None:
    assert key({"guardian": "the guardian is gone"}) != key({"guardian": ""})
