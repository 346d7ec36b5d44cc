#!/usr/bin/env python3
"""Writes what a trading engine believes, one JSON object a line, as grinder reads it. Standard library only.

    python3 expected_writer.py PATH [--rotate]     writes a short demonstration

Take the class into the engine; docs/expected-state.md has the rules it keeps.
"""

import json
import os
import sys
import threading
import time
import uuid


class ExpectedWriter:
    """One session of an engine. Every method may be called from any thread; a line is written whole or not at all."""

    def __init__(self, path, account, environment):
        self._path = path
        self._account = account
        self._environment = environment
        self._session_id = uuid.uuid4().hex
        self._seq = 0
        self._lock = threading.Lock()
        self._file = self._open()

    def checkpoint(self, orders, positions, applied_event_ms, kill_switch=False):
        """Says everything at once: first in a session, after a fault, and now and then. Zero positions are said."""
        with self._lock:
            self._write(self._checkpoint(orders, positions, applied_event_ms, kill_switch))

    def order(self, order):
        """Call it before the order is sent, and again when it is filled in part."""
        with self._lock:
            self._write({"type": "order", **order})

    def order_end(self, client_order_id, symbol, reason, filled_quantity="0"):
        """FILLED, CANCELED, EXPIRED or REJECTED: the order is open no longer."""
        with self._lock:
            self._write(
                {
                    "type": "order_end",
                    "client_order_id": client_order_id,
                    "symbol": symbol,
                    "reason": reason,
                    "filled_quantity": filled_quantity,
                }
            )

    def position(self, symbol, amount, position_side="BOTH"):
        """At once when a fill changes it; the amount is signed text, and 0 is said."""
        with self._lock:
            self._write(
                {"type": "position", "symbol": symbol, "position_side": position_side, "amount": amount}
            )

    def kill_switch(self, active, reason=""):
        with self._lock:
            self._write({"type": "kill_switch", "active": active, "reason": reason})

    def heartbeat(self, applied_event_ms):
        """Every second or so. applied_event_ms: exchange time up to which every event is in the lines before this one."""
        with self._lock:
            self._write({"type": "heartbeat", "applied_event_ms": applied_event_ms})

    def rotate(self, orders, positions, applied_event_ms, kill_switch=False):
        """Moves the file aside and begins a new one, whose first line is a checkpoint; the session goes on."""
        with self._lock:
            os.replace(self._path, self._path + ".1")
            os.close(self._file)
            self._file = self._open()
            self._write(self._checkpoint(orders, positions, applied_event_ms, kill_switch))

    def _checkpoint(self, orders, positions, applied_event_ms, kill_switch):
        return {
            "type": "checkpoint",
            "account": self._account,
            "environment": self._environment,
            "orders": orders,
            "positions": positions,
            "kill_switch": kill_switch,
            "applied_event_ms": applied_event_ms,
        }

    def _open(self):
        # Nobody else may write it, and a link is not followed.
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
        return os.open(self._path, flags, 0o600)

    def _write(self, record):
        self._seq += 1
        line = {"session_id": self._session_id, "seq": self._seq, "ts_ms": now_ms(), **record}
        data = (json.dumps(line, separators=(",", ":")) + "\n").encode()
        while data:
            data = data[os.write(self._file, data) :]


def now_ms():
    return time.time_ns() // 1_000_000


def demonstrate(path, rotate):
    writer = ExpectedWriter(path, account="sim", environment="sim")
    stamp = now_ms() // 1000
    bid, ask = (
        {
            "client_order_id": f"grinder_1_BTCUSDT_1_{stamp}_{number}",
            "symbol": "BTCUSDT",
            "side": side,
            "order_type": "LIMIT",
            "price": price,
            "quantity": "0.010",
        }
        for number, (side, price) in enumerate([("BUY", "59000.0"), ("SELL", "61000.0")], start=1)
    )
    flat = [{"symbol": "BTCUSDT", "amount": "0"}, {"symbol": "ETHUSDT", "amount": "0"}]
    writer.checkpoint(orders=[], positions=flat, applied_event_ms=now_ms())
    writer.order(bid)  # ... and only now is it sent to the exchange
    writer.order(ask)
    writer.order({**bid, "filled_quantity": "0.004"})
    writer.position("BTCUSDT", "0.004")
    writer.order_end(ask["client_order_id"], "BTCUSDT", "CANCELED")
    writer.kill_switch(False)
    writer.heartbeat(applied_event_ms=now_ms())
    if rotate:
        writer.rotate(
            orders=[{**bid, "filled_quantity": "0.004"}],
            positions=[{"symbol": "BTCUSDT", "amount": "0.004"}, {"symbol": "ETHUSDT", "amount": "0"}],
            applied_event_ms=now_ms(),
        )
        writer.heartbeat(applied_event_ms=now_ms())


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit("usage: expected_writer.py PATH [--rotate]")
    demonstrate(sys.argv[1], rotate="--rotate" in sys.argv[2:])
