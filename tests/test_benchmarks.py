"""The benchmarks run, so that they cannot rot; their times are never judged here."""

from benchmarks.__main__ import Sizes, main


def test_the_benchmarks_print_a_ratio_for_every_contender() -> None:
    """One round of each table names ours beside its limit."""
    sizes = Sizes(
        rounds=1, polled=8, slow=8, pages=30, simulated=1, weeks=2, tries=1, idle=(5, 50), stored=500, requests=16
    )
    report = main(sizes)
    assert report.count("| ours: ") == 20
    assert "| parse alone (limit) |" in report
    assert "600 rows in" in report
    assert "MB more after the first polls" in report
    assert "| two rare words: 영수회담 특검 |" in report
    assert "a scan shows and the index does not: 0." in report
    assert "| 304 | " in report
    assert "for 50 clients that wait" in report
    assert "rounds of one new row" in report
    assert "| 50 | " in report
    assert "| feedgen as it comes, Atom |" in report
