"""Log lines: key=value or JSON, and no secret in either."""

import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import json

from aggregator.logs import FORMATS, Event, event, redacted

FIELDS = st.dictionaries(st.sampled_from(["board", "error", "new", "seconds"]), st.text() | st.integers() | st.none())


def written(said: object, form: str) -> str:
    """A line of the log."""
    record = logging.LogRecord("aggregator", logging.INFO, __file__, 1, said, None, None)
    return FORMATS[form].format(record)


@given(FIELDS)
def test_every_event_is_one_line_of_json_with_its_fields(fields: dict[str, object]) -> None:
    """Whatever a board wrote into them; None is left out."""
    said = written(Event("poll", fields), "json")
    assert "\n" not in said
    read = json.decode(said)
    kept = {key: value for key, value in fields.items() if value is not None and redacted(str(value)) == str(value)}
    assert read["event"] == "poll"
    assert {key: read[key] for key in kept} == kept


@given(FIELDS)
def test_every_event_is_one_line_of_text(fields: dict[str, object]) -> None:
    """A line break in a field ends no line."""
    assert len(written(Event("poll", fields), "text").splitlines()) == 1


@given(st.sampled_from(["token=", "//", "Bearer ", "Authorization: "]), st.text("ab\\\"'@=&; \n"))
def test_json_stays_json_whatever_is_taken_out_of_it(before: str, after: str) -> None:
    """A quote or a backslash behind a secret is never cut in half."""
    assert isinstance(json.decode(written(event("poll", error=before + after), "json"))["error"], str)


@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize(
    "secret",
    [
        "http://ann:SECRET@a.example/",
        "https://a.example/list?token=SECRET&page=2",
        "https://a.example/list?PHPSESSID=SECRET",
        "https://a.example/list?access_token=SECRET&api_key=SECRET&X-Amz-Signature=SECRET",
        "cookie session_id=SECRET; token='SECRET word'",
        "Authorization: Bearer SECRET",
        "Proxy-Authorization: Basic SECRET==",
        'Authorization: Digest username="ann", response="SECRET", uri="/"',
        "{'Authorization': 'Token SECRET'}",
        "/p/SECRETSECRETSECRETSECRET/feed.atom",
        "the token hat_SECRETSECRETSECRETSECRET was sent",
        "postgresql://app:SECRET@db/headlines",
    ],
)
def test_no_secret_is_written(form: str, secret: str) -> None:
    """Be it in a field, in a message or in an error."""
    for said in (event("poll", error=f"could not get {secret}"), f"failed: {secret}"):
        assert "SECRET" not in written(said, form)
