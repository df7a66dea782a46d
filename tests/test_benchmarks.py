"""The benchmarks run, so that they cannot rot; their times are never judged here."""

from benchmarks.__main__ import Sizes, main


def test_the_benchmarks_print_a_ratio_for_every_contender() -> None:
    """One round of each table names ours beside its limit."""
    report = main(Sizes(rounds=1, polled=8, slow=8, pages=30, simulated=1, weeks=2, halvings=1))
    assert report.count("| ours: ") == 17
    assert "| parse alone (limit) |" in report
    assert "600 rows in" in report
    assert "| feedgen as it comes, Atom |" in report
