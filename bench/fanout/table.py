"""Results as a table, on the terminal and on a page."""

from collections.abc import Iterable, Sequence

from bench.fanout.results import Board, Result, Row, Target

HEAD = (
    "server",
    "W=8 k/s",
    "W=8 µs",
    "W=1 k/s",
    "W=1 µs",
    "10/s µs",
    "10/s p50 ms",
    "10/s p99 ms",
    "accept ms",
    "RSS kB open",
    "RSS kB after",
    "B/delivery",
)
BOARDS = (
    "readers",
    "ticks/s",
    "µs per reader and s",
    "µs per price",
    "prices/s",
    "B per reader and s",
    "p50 ms",
    "p99 ms",
)
NOTEWORTHY_SHARE = 0.05
TIGHT = 0.05


def rows_of(result: Result, readers: int) -> list[Row]:
    return [row for row in result.rows if row.readers == readers]


def cells(row: Row) -> tuple[str, ...]:
    return (
        row.title,
        f"{row.eight_per_second / 1000:.0f}",
        f"{row.eight_us:.2f}",
        f"{row.one_per_second / 1000:.0f}",
        f"{row.one_us:.2f}",
        f"{row.paced_us:.1f}",
        f"{row.paced_p50_ms:.1f}",
        f"{row.paced_p99_ms:.1f}",
        f"{row.accept_ms:.2f}",
        f"{row.memory_kb:.1f}",
        f"{row.memory_after_kb:.1f}",
        f"{row.bytes_per_delivery:.0f}",
    )


def board_cells(board: Board) -> tuple[str, ...]:
    return (
        board.title,
        f"{board.ticks_per_second:.0f}",
        f"{board.cpu_per_reader_second_us:.0f}",
        f"{board.cpu_per_delivery_us:.2f}",
        f"{board.cells_per_second:.0f}",
        f"{board.bytes_per_reader_second:.0f}",
        f"{board.p50_ms:.0f}",
        f"{board.p99_ms:.0f}",
    )


def ratios(rows: Sequence[Row]) -> list[str]:
    """TickStock's figures relative to nchan's, as the aims are worded."""
    by_name = {row.server: row for row in rows}
    own, other, packed = by_name.get("ours-identity"), by_name.get("nchan"), by_name.get("ours-gzip")
    lines = []
    if own and other:
        lines += [
            f"CPU per delivery, one at a time: {own.one_us / other.one_us:.2f} x nchan's (aim: at most 0.85)",
            f"deliveries per second, 8 in flight: {own.eight_per_second / other.eight_per_second:.1f} x nchan's "
            "(aim: at least 4)",
            f"p99 at 10 messages a second: {own.paced_p99_ms:.1f} ms beside {other.paced_p99_ms:.1f} (aim: no worse)",
        ]
    if own:
        lines += [
            f"memory per open stream: {own.memory_kb:.1f} kB (aim: at most 6)",
            f"accepting a stream, signed in: {own.accept_ms:.2f} ms of CPU (aim: at most 1)",
        ]
    if own and packed:
        lines.append(
            f"gzip beside identity, one at a time: {packed.one_us / own.one_us:.2f} x the CPU (aim: at most 1.20), "
            f"{packed.bytes_per_delivery / own.bytes_per_delivery:.2f} x the bytes"
        )
    return lines


def remarks(result: Result) -> list[str]:
    """Circumstances that make a figure doubtful."""
    lines = [f"left out: {line}" for line in result.skipped]
    for row in result.rows:
        if row.others_share > NOTEWORTHY_SHARE:
            lines.append(f"{row.server}, {row.readers}: others used up to {row.others_share:.0%} of a core meanwhile")
        if row.uneven_bytes:
            lines.append(f"{row.server}, {row.readers}: compressed streams differ by up to {row.uneven_bytes} bytes")
        if row.client_idle < TIGHT:
            lines.append(f"{row.server}, {row.readers}: the load client was idle {row.client_idle:.0%}: it may limit")
    return lines


def targets(measured: Iterable[Target]) -> list[str]:
    return [f"{target.name}: {target.milliseconds:.0f} ms (wanted: below {target.below:.0f})" for target in measured]


def plain(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    widths = [max(len(line[at]) for line in (head, *body)) for at in range(len(head))]
    first = [
        f"{line[0]:<{widths[0]}}  "
        + "  ".join(f"{cell:>{width}}" for cell, width in zip(line[1:], widths[1:], strict=True))
        for line in (head, *body)
    ]
    return "\n".join(first)


def markdown(head: Sequence[str], body: Sequence[Sequence[str]]) -> str:
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join(f"| {' | '.join(line)} |" for line in (head, rule, *body))


def printed(result: Result) -> str:
    parts = []
    for readers in sorted({row.readers for row in result.rows}):
        rows = rows_of(result, readers)
        parts += [f"\n{readers} readers", plain(HEAD, [cells(row) for row in rows]), *ratios(rows)]
    if result.boards:
        parts += [
            "\nprices, published on Redis (made up for this)",
            plain(BOARDS, [board_cells(board) for board in result.boards]),
        ]
    parts += ["", *targets(result.targets), *remarks(result)]
    return "\n".join(parts)
