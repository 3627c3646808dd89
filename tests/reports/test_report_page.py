"""The page: whole, self-contained, escaped, and there for every session however short."""

import re
import subprocess
import sys
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path
from types import ModuleType

import pytest
from rig import KEY

from syntherm.audit.reader import UnreadableRecord
from syntherm.reports.command import report
from syntherm.reports.session import NOTICE, ReportFailed, write_report
from syntherm.reports.values import History

pytestmark = pytest.mark.verifies("SRS-801")


class Page(HTMLParser):
    """What a browser would make of it: tags with their attributes, and the text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).replace("\u00a0", " ").split())


@pytest.fixture(scope="module")
def html(record: Path, tmp_path_factory: pytest.TempPathFactory) -> str:
    out = tmp_path_factory.mktemp("page") / "report.html"
    write_report(record, out)
    return out.read_text(encoding="utf-8")


def test_it_says_what_it_is_and_how_it_ended(html: str, history: History) -> None:
    text, plan = Page(html).text, history.plan
    given_mg = 1.9 * plan.prescription.concentration_mg_per_ml
    assert NOTICE in text
    assert "The session ended in COMPLETE" in text
    assert f"1.90 mL of {plan.prescription.volume_ml:.1f} mL prescribed; {given_mg:.1f} mg LTLD" in text
    assert f"bounds 2.6 min of {plan.heating.prescribed_in_range_min:.1f} min prescribed" in text
    assert "0 high, 1 medium, 0 low" in text


def test_every_value_of_the_plan_stands_with_its_source(html: str, history: History) -> None:
    text = Page(html).text
    assert len(history.plan.sources) > 80
    for _, source in history.plan.sources:
        assert source in text
    assert "50 mg/m² MTD in Wood 2012" in text


def test_what_people_entered_is_text_and_nothing_else(html: str, stories: ModuleType) -> None:
    page = Page(html)
    assert stories.HOSTILE_PERSON in page.text
    assert stories.HOSTILE_REASON in page.text
    assert not {"script", "img", "iframe", "object", "embed", "link"} & {tag for tag, _ in page.tags}
    assert not [key for _, given in page.tags for key in given if key.startswith("on")]


def test_it_needs_nothing_beside_it(html: str) -> None:
    for tag, given in Page(html).tags:
        for key in ("src", "href", "xlink:href", "data", "action"):
            target = given.get(key) or ""
            assert target == "" or target.startswith(("#", "data:image/png;base64,")), (tag, key, target[:60])
    assert "@import" not in html
    assert re.findall(r"url\((?!#)", html) == []
    assert len(html) < 4_000_000


def test_identities_are_unique_and_every_reference_is_met(html: str) -> None:
    found = [given["id"] for _, given in Page(html).tags if "id" in given]
    assert len(found) == len(set(found))
    wanted = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', html))
    assert {a or b for a, b in wanted} <= set(found)


def test_figures_are_there_and_well_formed(html: str) -> None:
    figures = re.findall(r"<svg.*?</svg>", html, re.DOTALL)
    assert len(figures) == 3
    for figure in figures:
        ET.fromstring(figure)  # noqa: S314 - made here
    assert "OUT-OF-RANGE" in figures[0]
    assert figures[1].count("<image") == 7  # two moments in three planes, and the colour bar


def test_alarms_acts_signatures_and_hashes_are_listed(html: str, history: History) -> None:
    text = Page(html).text
    assert "The target has left its range for too long." in text
    assert "refused: calibration is not accepted" in text
    signed = "physicist-b physicist-b (story) physicist 08:07:50 sign I have reviewed this session. Sign?"
    assert signed in text
    checkpoints = f"{history.chain.checkpoints} checkpoints, the last over entry {history.chain.entries - 1} and all"
    assert f"{history.chain.key}: {checkpoints}" in text and history.chain.key == KEY.public.fingerprint
    assert "Each person gave their secret anew to sign." in text
    assert history.chain.head in text
    assert history.plan_digest + ", as stated in the record" in text
    assert "recomputed for this report; every entry fits" in text


@pytest.mark.parametrize("until", ["opened", "begun", "heated"])
def test_a_record_cut_short_gives_the_same_report(until: str, stories: ModuleType, tmp_path: Path) -> None:
    story = stories.Story(tmp_path / "record.db")
    for leg in {"opened": (), "begun": (stories.begin,), "heated": (stories.begin, stories.heat)}[until]:
        leg(story)
    write_report(tmp_path / "record.db", tmp_path / "report.html")
    text = Page((tmp_path / "report.html").read_text(encoding="utf-8")).text
    assert "The record was not closed; the last known state is " in text
    assert "Whatever came after the last entry is not known." in text
    assert ("In range, on bounds not known of " in text) == (until == "opened")
    assert ("Nobody heated." in text) == (until != "heated")
    assert ("No temperature map was kept." in text) == (until != "heated")
    assert "nan" not in text.lower().split()


def test_a_region_may_have_any_printable_name(stories: ModuleType, tmp_path: Path) -> None:
    plan = stories.PLAN.read_text(encoding="utf-8").replace('value = "pectoral"', 'value = "_<b>$\\\\frac{皮$ & "')
    plan = plan.replace('& "', '&"')
    stories.tell(tmp_path / "record.db", plan)
    write_report(tmp_path / "record.db", tmp_path / "report.html")
    page = Page((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.text.count("_<b>$\\frac{皮$ &") >= 4
    assert "b" not in {tag for tag, _ in page.tags}


def test_what_is_no_record_is_refused(tmp_path: Path) -> None:
    (tmp_path / "record.db").write_bytes(b"no record")
    for path in (tmp_path / "record.db", tmp_path / "none.db", tmp_path):
        with pytest.raises(UnreadableRecord):
            write_report(path, tmp_path / "report.html")
    assert not (tmp_path / "report.html").exists()


def test_where_nothing_can_be_written_is_said_in_one_line(record: Path, tmp_path: Path) -> None:
    for out in (tmp_path / "no folder" / "report.html", tmp_path):
        with pytest.raises(ReportFailed, match="cannot be written") as caught:
            write_report(record, out)
        assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_report_never_replaces_the_record(record: Path) -> None:
    before = record.read_bytes()
    with pytest.raises(ReportFailed, match="the record itself"):
        write_report(record, record)
    assert record.read_bytes() == before


def test_the_command(stories: ModuleType, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    record, out = tmp_path / "short.db", tmp_path / "out.html"
    stories.Story(record)
    assert report([str(record), "--out", str(out)]) == 0
    assert capsys.readouterr().out == f"{out}\n"
    assert report([str(tmp_path / "none.db")]) == 2
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err == f"syntherm report: {tmp_path / 'none.db'}: no such file\n"


def test_a_wrong_path_is_answered_without_loading_the_plotting_library(tmp_path: Path) -> None:
    code = (
        "import sys; from syntherm.reports.command import report; "
        f"status = report([{str(tmp_path / 'none.db')!r}]); "
        "sys.exit(status if 'matplotlib' not in sys.modules else 9)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 2
