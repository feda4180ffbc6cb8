"""The rules of the orders function, one by one: rows kept, dropped and rejected, files rejected whole, and their bounds."""

import base64
import gc
import gzip
import io
import tracemalloc
from datetime import date, timedelta
from decimal import Decimal

import pyarrow.parquet as pq
import pytest

from tests.unit.orders_support import EVENT_DAY, HEADER, Outcome, core, records_of, sample


def order(**changes: str) -> bytes:
    """A data row that would be kept, but for the changes."""
    fields = {"order_id": "1001", "customer": "Ann", "amount": "12.50", "status": "shipped", "order_date": "2025-04-01"} | changes
    return ",".join(fields.values()).encode() + b"\n"


class TestKnownAnswers:
    def test_an_order_in_the_table(self) -> None:
        outcome = Outcome(HEADER + order(order_id=" 1001 ", customer=" Ann Lee ", amount=" 7.5", status=" SHIPPED "))
        assert outcome.kept == [("1001", "Ann Lee", Decimal("7.50"), "shipped", date(2025, 4, 1))]
        assert outcome.summary == core.Summary(rows_in=1, kept=1)

    def test_two_hundred_orders_on_22_april_2025_keep_140(self) -> None:
        """The shape of the well-known sample: 63 confirmed, 46 shipped, 46 cancelled, 45 pending."""
        out = io.StringIO()
        sample.write(sample.rows(EVENT_DAY), out)
        outcome = Outcome(out.getvalue().encode())
        assert (outcome.summary.rows_in, len(outcome.kept), outcome.summary.dropped, outcome.rejects) == (200, 140, 60, [])
        assert sum(row[2] for row in outcome.kept) == sample.KEPT_AMOUNT
        assert outcome.summary.dropped_by_rule == {"old_cancelled": 32, "old_pending": 28}

    def test_the_parquet_file_is_what_the_table_says(self) -> None:
        file = pq.ParquetFile(io.BytesIO(Outcome(HEADER + order() * 300_000).parquet))
        assert file.schema_arrow == core.SCHEMA
        assert file.metadata.num_rows == 300_000
        assert [file.metadata.row_group(n).num_rows for n in range(file.metadata.num_row_groups)] == [131_072, 131_072, 37_856]
        assert file.metadata.row_group(0).column(2).statistics.max == Decimal("12.50")

    def test_the_same_input_gives_the_same_bytes_however_it_arrives(self) -> None:
        data = HEADER + b"".join(order(order_id=str(n), customer=f"c{n % 7}") for n in range(2_000))

        class Dribble(io.BytesIO):
            def read(self, size: int = -1) -> bytes:
                return super().read(min(size, 1_000))

        sinks = [io.BytesIO(), io.BytesIO()]
        core.process(Dribble(data), EVENT_DAY, lambda: sinks[0], io.BytesIO())
        core.process(io.BytesIO(gzip.compress(data)), EVENT_DAY, lambda: sinks[1], io.BytesIO())
        assert sinks[0].getvalue() == sinks[1].getvalue() == Outcome(data).parquet


class TestTheDropRule:
    @pytest.mark.parametrize("status", ["pending", "cancelled", "canceled", " Canceled "])
    @pytest.mark.parametrize(("age", "kept"), [(0, True), (29, True), (30, True), (31, False), (400, False), (-5, True)])
    def test_open_orders_over_30_days_are_dropped(self, status: str, age: int, kept: bool) -> None:
        outcome = Outcome(HEADER + order(status=status, order_date=str(EVENT_DAY - timedelta(days=age))))
        assert len(outcome.kept) == kept
        assert outcome.summary.dropped == (not kept)
        assert outcome.rejects == []

    @pytest.mark.parametrize("status", ["confirmed", "shipped"])
    def test_others_are_kept_however_old(self, status: str) -> None:
        assert len(Outcome(HEADER + order(status=status, order_date="1970-01-01")).kept) == 1

    def test_the_days_are_a_setting(self) -> None:
        row = HEADER + order(status="pending", order_date="2025-04-21")
        assert Outcome(row, drop_after_days=0).summary.dropped == 1
        assert Outcome(row, drop_after_days=1).summary.dropped == 0

    def test_a_bad_row_is_rejected_though_it_is_old(self) -> None:
        outcome = Outcome(HEADER + order(status="pending", order_date="2020-01-01", amount="-1"))
        assert (outcome.summary.dropped, outcome.reasons) == (0, ["amount_negative"])


class TestBadRows:
    @pytest.mark.parametrize(
        ("change", "reason", "message"),
        [
            ({"order_id": "  "}, "order_id_missing", "OrderID is empty"),
            ({"order_date": ""}, "order_date_missing", "OrderDate is empty"),
            ({"order_date": "2023-02-30"}, "order_date_invalid", "'2023-02-30'"),
            ({"order_date": "2023-2-3"}, "order_date_invalid", "'2023-2-3'"),
            ({"order_date": "20250401"}, "order_date_invalid", "'20250401'"),
            ({"order_date": "2025-W14-2"}, "order_date_invalid", "'2025-W14-2'"),
            ({"order_date": "2025-04-01T00:00:00"}, "order_date_invalid", "YYYY-MM-DD"),
            ({"order_date": "２０２５-04-01"}, "order_date_invalid", "YYYY-MM-DD"),
            ({"order_date": "0000-01-01"}, "order_date_invalid", "'0000-01-01'"),
            ({"amount": ""}, "amount_missing", "Amount is empty"),
            ({"amount": "-0.01"}, "amount_negative", "'-0.01'"),
            ({"amount": "N/A"}, "amount_invalid", "'N/A'"),
            ({"amount": "1e3"}, "amount_invalid", "'1e3'"),
            ({"amount": "NaN"}, "amount_invalid", "'NaN'"),
            ({"amount": "Infinity"}, "amount_invalid", "'Infinity'"),
            ({"amount": "+5"}, "amount_invalid", "'+5'"),
            ({"amount": "$5"}, "amount_invalid", "'$5'"),
            ({"amount": '"1,000.00"'}, "amount_invalid", "'1,000.00'"),
            ({"amount": "1.2.3"}, "amount_invalid", "'1.2.3'"),
            ({"amount": "."}, "amount_invalid", "'.'"),
            ({"amount": "१२"}, "amount_invalid", "not a plain decimal"),
            ({"amount": "--5"}, "amount_invalid", "'--5'"),
            ({"amount": "1.005"}, "amount_too_precise", "two decimals"),
            ({"amount": "10000000000"}, "amount_too_large", "ten digits"),
            ({"status": ""}, "status_missing", "Status is empty"),
            ({"status": "returned"}, "status_unknown", "'returned'"),
            ({"order_date": "2025-04-01,x"}, "too_many_fields", "5 columns, this row 6 fields"),
            ({"order_date": "2025-04-01,"}, "too_many_fields", "6 fields"),
        ],
    )
    def test_it_alone_is_rejected_with_reason_and_text(self, change: dict[str, str], reason: str, message: str) -> None:
        bad = order(**change)
        outcome = Outcome(HEADER + order() + bad + order())
        assert len(outcome.kept) == 2
        (record,) = outcome.rejects
        assert message in record.pop("message")
        assert record == {"row": 2, "line": 3, "reason": reason, "text": bad.decode().rstrip("\n")}
        assert outcome.summary.rejected_by_reason == {reason: 1}

    @pytest.mark.parametrize("amount", ["0", "0.00", "5.", ".5", "007", "10.500", "9999999999.99", "0" * 50 + "1.10" + "0" * 20])
    def test_amounts_that_are_exact_are_kept_exactly(self, amount: str) -> None:
        assert [row[2] for row in Outcome(HEADER + order(amount=amount)).kept] == [Decimal(amount).quantize(Decimal("0.01"))]

    def test_too_few_fields(self) -> None:
        (record,) = Outcome(HEADER + b"1001\n" + order()).rejects
        assert (record["reason"], record["message"]) == ("too_few_fields", "the header has 5 columns, this row 1 field")

    def test_undecodable_bytes_cost_their_row_and_are_kept(self) -> None:
        bad = b"1002,caf\xe9,1.00,shipped,2025-04-01"
        outcome = Outcome(HEADER + order(customer="Zoë") + bad + b"\r\n" + order())
        assert len(outcome.kept) == 2
        (record,) = outcome.rejects
        assert record["reason"] == "undecodable"
        assert base64.b64decode(record["text_base64"]) == bad
        assert record["text"] == "1002,caf�,1.00,shipped,2025-04-01"
        assert "byte 9 of the row, 0xe9" in record["message"]

    def test_nul_bytes_cost_their_row(self) -> None:
        outcome = Outcome(HEADER + order() + b"\0" * 20 + b"\n" + order())
        assert (len(outcome.kept), outcome.reasons) == (2, ["nul_byte"])

    def test_places_count_rows_and_physical_lines(self) -> None:
        body = b"\n" + order(customer='"two\r\nlines"') + b"\n\n" + b"x\r\n" + order(customer='"three\n\nlines"', amount="?") + b"y"
        places = [(record["row"], record["line"]) for record in Outcome(HEADER + body).rejects]
        assert places == [(2, 7), (3, 8), (4, 11)]

    def test_a_rejects_line_is_ascii_whatever_the_text(self) -> None:
        """Some readers take U+2028 and U+0085 for line ends."""
        sink = io.BytesIO()
        core.process(
            io.BytesIO(HEADER + order(customer="a\u2028b\u0085c\x1cd", amount="x")),
            EVENT_DAY,
            io.BytesIO,
            sink,
        )
        assert sink.getvalue().isascii()
        assert len(sink.getvalue().decode().splitlines()) == 1


class TestQuotesWithoutEnd:
    def test_the_rows_before_stay(self) -> None:
        rest = b'1002,"Bo,1.00,shipped,2025-04-01\n1003,Cy,1.00,shipped,2025-04-01\n'
        outcome = Outcome(HEADER + order() + rest)
        assert len(outcome.kept) == 1
        (record,) = outcome.rejects
        assert (record["row"], record["line"], record["reason"]) == (2, 3, "unclosed_quote")
        assert record["text"] == rest.decode()
        assert outcome.summary.rows_in == 2

    def test_beyond_the_limit_the_text_comes_in_parts(self) -> None:
        rest = '1002,"Zoë\r\n'.encode() + "é\r\n".encode() * 50
        outcome = Outcome(HEADER + order() + rest, max_row_bytes=64)
        assert outcome.summary.rejected_by_reason == {"unclosed_quote": 1}
        assert {(record["row"], record["line"]) for record in outcome.rejects} == {(2, 3)}
        assert [record["part"] for record in outcome.rejects] == list(range(1, len(outcome.rejects) + 1))
        assert [record["last_part"] for record in outcome.rejects] == [False] * (len(outcome.rejects) - 1) + [True]
        assert "".join(record["text"] for record in outcome.rejects).encode() == rest
        assert all(len(record["text"].encode()) <= 64 for record in outcome.rejects)

    def test_rows_after_a_long_one_are_read_again(self) -> None:
        long = b'1002,"' + b"x\n" * 100 + b'",1.00,shipped,2025-04-01\r\n'
        outcome = Outcome(HEADER + long + b"bad\n" + order(), max_row_bytes=64)
        assert len(outcome.kept) == 1
        assert outcome.summary.rows_in == 3
        assert (outcome.rejects[-1]["row"], outcome.rejects[-1]["line"]) == (2, 103)

    @pytest.mark.parametrize("block_bytes", [1, 3, 50, 64, 65, 1000, 1 << 22])
    @pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
    def test_blocks_make_no_difference(self, block_bytes: int, newline: str) -> None:
        rows = ["1", "x" * 64, "x" * 65, '"' + "é" * 40, "y" * 200 + '"",""', '"' + newline * 70 + '",,,,', "last" * 30]
        data = HEADER + newline.join(rows).encode() + b"\xff" * 70
        outcome, whole = (Outcome(data, block_bytes=size, max_row_bytes=64) for size in (block_bytes, 1 << 20))
        assert outcome.rejects == whole.rejects
        assert outcome.summary == whole.summary

    def test_a_long_row_is_no_order_though_it_is_well_formed(self) -> None:
        outcome = Outcome(HEADER + order(customer="x" * 100) + order(), max_row_bytes=64)
        assert (len(outcome.kept), outcome.reasons[0]) == (1, "row_too_long")

    def test_a_field_beyond_the_csv_modules_limit_is_fine(self) -> None:
        outcome = Outcome(HEADER + order(customer='"' + "x" * 500_000 + '"') + order(customer='"' + "x" * 500_000 + '"', amount="?"))
        assert (len(outcome.kept), outcome.reasons) == (1, ["amount_invalid"])

    def test_memory_stays_bounded(self) -> None:
        """64 MB inside one quote: a few blocks at a time, and rejects written in pieces."""

        class Endless:
            left = 64

            def read(self, size: int) -> bytes:
                self.left -= 1
                return b"" if self.left < 0 else HEADER + b'1,"' + b"x" * (1 << 20) if self.left == 63 else b"x" * (1 << 20)

        class Sink:
            total = largest = 0

            def write(self, data: bytes) -> None:
                self.total += len(data)
                self.largest = max(self.largest, len(data))

        sink = Sink()
        tracemalloc.start()
        summary = core.process(Endless(), EVENT_DAY, io.BytesIO, sink)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert summary.rejected_by_reason == {"unclosed_quote": 1}
        assert sink.total > 64 << 20
        assert sink.largest < 4 << 20
        assert peak < 40 << 20


class TestHeaders:
    @pytest.mark.parametrize(
        "header",
        [
            b"\xef\xbb\xbfOrderID,Customer,Amount,Status,OrderDate\n",
            b" orderid , CUSTOMER,amount ,Status\t,orderDate\r\n",
            b'"OrderID","Customer","Amount","Status","OrderDate"\n',
            b"\n\r\n\nOrderID,Customer,Amount,Status,OrderDate\n",
        ],
    )
    def test_case_space_quotes_and_a_byte_order_mark_do_not_matter(self, header: bytes) -> None:
        assert len(Outcome(header + order()).kept) == 1

    def test_extra_columns_are_kept_out_and_named(self) -> None:
        data = b"Note,OrderDate,Status,OrderID, Discount ,Amount,Customer\nhi,2025-04-01,shipped,1,5,2.00,Ann\n"
        outcome = Outcome(data)
        assert outcome.summary.extra_columns == ["Note", "Discount"]
        assert outcome.kept == [("1", "Ann", Decimal("2.00"), "shipped", date(2025, 4, 1))]

    def test_a_header_alone_is_a_file_without_rows(self) -> None:
        for data in (HEADER, HEADER.strip(), HEADER + b"\n\n"):
            outcome = Outcome(data)
            assert outcome.summary == core.Summary()
            assert (outcome.opened, outcome.rejects) == (0, [])

    def test_parquet_is_not_begun_without_a_row_to_keep(self) -> None:
        assert Outcome(HEADER + order(amount="x")).opened == 0


class TestFilesRejectedWhole:
    def test_a_missing_column_is_named(self) -> None:
        outcome = Outcome(b"OrderID,Customer,Total,OrderDate\n1,Ann,5,2025-04-01\n\n2,Bo,6,2025-04-01\n")
        assert outcome.summary.status == "rejected"
        assert outcome.summary.reason == "the header lacks Amount, Status; it has 'OrderID', 'Customer', 'Total', 'OrderDate'"
        assert outcome.summary.rejected_by_reason == {"column_missing": 2}
        assert outcome.summary.rows_in == 2
        assert [(r["row"], r["line"], r["text"]) for r in outcome.rejects] == [
            (0, 1, "OrderID,Customer,Total,OrderDate"),
            (1, 2, "1,Ann,5,2025-04-01"),
            (2, 4, "2,Bo,6,2025-04-01"),
        ]
        assert outcome.opened == 0

    def test_a_column_that_is_there_twice_is_named(self) -> None:
        outcome = Outcome(b"OrderID,Customer,Amount,amount ,Status,OrderDate\n1,Ann,5,6,shipped,2025-04-01\n")
        assert outcome.summary.rejected_by_reason == {"column_repeated": 1}
        assert "Amount more than once" in outcome.summary.reason

    def test_extra_columns_may_repeat(self) -> None:
        assert len(Outcome(b"x,x,OrderID,Customer,Amount,Status,OrderDate\n,," + order()).kept) == 1

    def test_without_header_the_first_row_is_rejected_too(self) -> None:
        outcome = Outcome(order() * 3)
        assert outcome.summary.rejected_by_reason == {"no_header": 3}
        assert "none of OrderID, Customer, Amount, Status, OrderDate is in the first row" in outcome.summary.reason
        assert [(r["row"], r["line"]) for r in outcome.rejects] == [(1, 1), (2, 2), (3, 3)]

    def test_a_header_with_an_open_quote_is_none(self) -> None:
        data = b'OrderID,"Customer,Amount,Status,OrderDate\n1,Ann,5,shipped,2025-04-01\n'
        outcome = Outcome(data)
        assert outcome.summary.rejected_by_reason == {"no_header": 1}
        assert outcome.rejects[0]["text"] == data.decode()

    def test_a_first_row_without_end_is_none_either(self) -> None:
        outcome = Outcome(b"x" * 1000 + b"\n" + order(), max_row_bytes=64)
        assert outcome.summary.rejected_by_reason == {"no_header": 2}
        assert "does not end within 64 bytes" in outcome.summary.reason or "longer" in outcome.summary.reason

    @pytest.mark.parametrize("data", [b"", b"\xef\xbb\xbf", b"\n\n", gzip.compress(b"", mtime=0)])
    def test_an_empty_file(self, data: bytes) -> None:
        outcome = Outcome(data)
        assert outcome.summary.status == "rejected"
        assert "the file is empty" in outcome.summary.reason
        assert outcome.summary.rows_in == 0
        assert outcome.reasons == ["empty_file"]

    @pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
    def test_utf_16_is_no_text_we_read(self, codec: str) -> None:
        data = (HEADER + order()).decode().encode(codec)
        with pytest.raises(core.UnreadableFileError, match="UTF-16") as caught:
            Outcome(data)
        assert caught.value.code == "not_text"

    def test_all_bytes_of_an_unreadable_file_are_kept(self) -> None:
        data, sink = bytes(range(256)) * 10_000, io.BytesIO()
        summary = core.reject_file(io.BytesIO(data), sink, core.UnreadableFileError("gzip_damaged", "why"))
        assert (summary.status, summary.reason, summary.rows_in) == ("rejected", "why", 0)
        records = records_of(sink.getvalue())
        assert b"".join(base64.b64decode(record["text_base64"]) for record in records) == data
        assert {record["reason"] for record in records} == {"gzip_damaged"}
        assert max(len(line) for line in sink.getvalue().splitlines()) < 2 << 20


class TestGzip:
    PLAIN = HEADER + order() * 3

    def test_members_one_after_the_other_and_padding(self) -> None:
        data = gzip.compress(HEADER) + gzip.compress(order()) + gzip.compress(b"") + gzip.compress(order()) + b"\0" * 512
        for block_bytes in (1, 7, 1 << 20):
            assert len(Outcome(data, block_bytes=block_bytes).kept) == 2

    def test_it_is_known_by_its_bytes_not_by_its_name(self) -> None:
        assert len(Outcome(gzip.compress(self.PLAIN)).kept) == len(Outcome(self.PLAIN).kept) == 3

    @pytest.mark.parametrize("cut", [1, 4, 8, 12])
    def test_an_early_end_is_told(self, cut: int) -> None:
        with pytest.raises(core.UnreadableFileError, match="ends early"):
            Outcome(gzip.compress(self.PLAIN)[:-cut])

    @pytest.mark.parametrize("block_bytes", [5, 1 << 20])
    def test_damage_is_told(self, block_bytes: int) -> None:
        packed = gzip.compress(self.PLAIN)
        for data in (packed[:-6] + b"\xff" + packed[-5:], packed + b"garbage", b"\x1f\x8b\x08garbage"):
            with pytest.raises(core.UnreadableFileError, match="gzip data is damaged") as caught:
                Outcome(data, block_bytes=block_bytes)
            assert caught.value.code == "gzip_damaged"

    def test_a_bomb_is_unpacked_bit_by_bit(self) -> None:
        """100 MB of one line in 100 KB: never more than a few blocks of it in memory."""
        sizes: list[int] = []

        class Sink:
            def write(self, data: bytes) -> None:
                sizes.append(len(data))

        packed = gzip.compress(HEADER + b"x" * 100_000_000, compresslevel=1)
        tracemalloc.start()
        core.process(io.BytesIO(packed), EVENT_DAY, io.BytesIO, Sink())
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert sum(sizes) > 100_000_000
        assert peak < 40 << 20

    def test_nothing_is_written_after_an_error(self) -> None:
        """pyarrow's writer writes a footer when it is collected; by then the upload is aborted."""

        late: list[int] = []

        class Sink(io.BytesIO):
            failed = False

            def write(self, data: bytes) -> int:
                if self.failed:
                    late.append(len(data))
                return super().write(data)

        sink = Sink()
        packed = gzip.compress(HEADER + order() * 300_000)[:-4]
        try:
            core.process(io.BytesIO(packed), EVENT_DAY, lambda: sink, io.BytesIO())
        except core.UnreadableFileError:
            sink.failed = True
        gc.collect()
        assert sink.failed
        assert len(sink.getvalue()) > 4
        assert late == []
