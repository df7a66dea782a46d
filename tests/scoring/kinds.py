"""The list pages of the scoring run: every way in which a server can speak of asking again."""

from datetime import datetime, timedelta

from msgspec import structs

from tests.scoring.site import Reply, ScoringSite, Script, Visit, rows

LAST = "Sun, 01 Mar 2026 00:00:00 GMT"
WORDED = "%a, %d %b %Y %H:%M:%S GMT"


def listing(**headers: str) -> Script:
    """A page that gets a row at every third visit; ``{n}`` in a header is the number of its newest row."""

    def page(visit: Visit) -> Reply:
        newest = 20 + visit.n // 3
        said = {name.replace("_", "-"): value.replace("{n}", str(newest)) for name, value in headers.items()}
        return Reply(text=rows(newest), headers=said)

    return page


def touched(**headers: str) -> Script:
    """A page whose rows stay and whose validators are new at each visit, ``{n}``."""

    def page(visit: Visit) -> Reply:
        said = {name.replace("_", "-"): value.replace("{n}", str(visit.n)) for name, value in headers.items()}
        return Reply(text=rows(20), headers=said)

    return page


def renewing(visit: Visit) -> Reply:
    """A page whose 304 brings the next ETag."""
    status = 304 if "if-none-match" in visit.headers else 200
    return Reply(status=status, text=rows(20) if status == 200 else "", headers={"etag": f'"{visit.n}"'})


def dated(visit: Visit) -> Reply:
    """A page last modified at the last third visit."""
    changed = datetime(2026, 3, 1) + timedelta(minutes=visit.n // 3)  # noqa: DTZ001 -- spelt as GMT by hand
    return Reply(text=rows(20 + visit.n // 3), headers={"last-modified": changed.strftime(WORDED)})


def burst(visit: Visit) -> Reply:
    """A page that shows less of what was posted since the last visit than was."""
    hours = visit.now.timestamp() // 3600 - 493_000
    return Reply(text=rows(int(15 * hours)), headers={"etag": f'"x{hours}"'})


def deleting(visit: Visit) -> Reply:
    """A page that loses a row in its middle."""
    gone = 15 if visit.n > 3 else 0
    return Reply(text=rows(20, without=gone), headers={"etag": f'"y{gone}"'})


def unreadable(visit: Visit) -> Reply:
    """A page that is no list most of the time."""
    text = rows(20) if visit.n % 5 == 1 else "<p>점검 중입니다"
    return Reply(text=text, headers={"etag": f'"z{visit.n // 2}"'})


def refusing(status: int, wish: timedelta, *, by_date: bool, then: Script) -> Script:
    """A page that refuses every third visit with a Retry-After, in seconds or as a date."""

    def page(visit: Visit) -> Reply:
        if visit.n % 3:
            return then(visit)
        until = (visit.now + wish).replace(microsecond=0) + timedelta(seconds=1)
        said = until.strftime(WORDED) if by_date else str(int(wish.total_seconds()))
        return Reply(status=status, headers={"retry-after": said})

    return page


def redirecting(status: int, location: str) -> Script:
    """A page that has moved."""
    return lambda _: Reply(status=status, headers={"location": location})


def until(n: int, before: Script, after: Script) -> Script:
    """One page for so many visits, then another."""
    return lambda visit: before(visit) if visit.n <= n else after(visit)


def cached(script: Script, age: timedelta) -> Script:
    """A page that says how long it stays fresh."""

    def page(visit: Visit) -> Reply:
        reply = script(visit)
        said = {"cache-control": f"public, max-age={int(age.total_seconds())}"}
        return structs.replace(reply, headers=reply.headers | said)

    return page


def error(status: int) -> Script:
    """A page that is not there."""
    return lambda _: Reply(status=status)


# Who asks by which rules: another group at the third asking.
ROBOTS = until(
    2,
    lambda _: Reply(text="User-agent: *\nDisallow: /later\n", headers={"etag": '"r1"'}),
    lambda _: Reply(text="User-agent: headline-aggregator\nDisallow: /closing\n", headers={"etag": '"r2"'}),
)
LISTS: dict[str, Script] = {
    "/plain": listing(),
    "/closing": listing(),
    "/cookie": listing(set_cookie="session={n}; Path=/"),
    "/etag": listing(etag='"e{n}"'),
    "/weak": listing(etag='W/"{n},{n}"'),
    "/dated": dated,
    "/both": listing(etag='"b{n}"', last_modified=LAST),
    "/vary": listing(etag='"v{n}"', vary="Accept-Encoding, Cookie"),
    "/touched": touched(etag='"t{n}"'),
    "/touched-weak": touched(etag='W/"t{n}, \\"{n}"', last_modified=LAST),
    "/renewing": renewing,
    "/burst": burst,
    "/deleting": deleting,
    "/unreadable": unreadable,
    "/gone": until(3, listing(etag='"g{n}"'), error(410)),
    "/missing": until(3, listing(), error(404)),
}
# Where a redirect leads, or a query belongs to.
LINKED: dict[str, Script] = {
    "/new": listing(etag='"n{n}"'),
    "/new-308": listing(last_modified=LAST),
    "/arrived": listing(etag='"a{n}"'),
    "/today": listing(etag='"d{n}"'),
    "/today-307": listing(),
    "/list.php": listing(etag='"q{n}"'),
}


def lay_out(site: ScoringSite, hour: timedelta) -> list[str]:
    """Put a page of each kind on the site; the URLs to be polled. ``hour`` is the interval that stands for one."""
    wishing = {
        "/cached": cached(listing(etag='"c{n}"'), 3 * hour),
        "/busy": refusing(429, 4 * hour, by_date=False, then=listing(etag='"u{n}"')),
        "/down": refusing(503, 5 * hour, by_date=True, then=listing()),
        "/tired": cached(until(2, listing(), error(429)), 4 * hour),
    }
    moved = {
        "/moved": redirecting(301, "/new"),
        "/moved-308": redirecting(308, site.url("/new-308")),
        "/abroad": redirecting(301, site.url("/arrived", "b.example")),
        "/found": redirecting(302, "/today"),
        "/found-307": redirecting(307, "/today-307"),
    }
    site.pages |= {"/robots.txt": ROBOTS} | LISTS | wishing | moved | LINKED
    return [site.url(path) for path in [*LISTS, *wishing, *moved, "/list.php?id=free&page=1"]]
