# SPDX-License-Identifier: Apache-2.0
"""The inventory service: reserves goods for each order and emits what it decided."""

import json

import shop
from consumer import Consumer, Poison
from producer import Producer

STOCK = {"lamp": 60, "chair": 80, "table": 80, "shelf": 100, "clock": 120}


class InventoryService:
    """Decides once per order and emits at least once per order.

    The decision is a line of the ledger. When an order is delivered again the decision stands, but
    it is emitted again: the crash may have come between the two. Readers go by the order id.
    """

    def __init__(self):
        self._ledger = shop.Ledger("inventory.ledger.jsonl", "order")
        self._stock = dict(STOCK)
        for entry in self._ledger.entries.values():
            self._take(entry)
        self._producer = Producer(shop.RESERVATIONS)
        # Sent before the checkpoint moves: after it, nobody would send these again.
        flush = self._producer.flush
        self._consumer = Consumer(
            shop.ORDERS, "inventory", self.handle_order, before_checkpoint=flush
        )

    def run(self, stop):
        """Handles orders until told to stop."""
        self._consumer.run(stop)

    def handle_order(self, record):
        """Reserves the goods of one order, or says that they are sold out."""
        order = parse(record["Data"])
        if order["id"] not in self._ledger:
            self.decide(order)
        decision = self._ledger.entries[order["id"]]
        self._producer.add(order["user"], json.dumps(decision).encode())

    def decide(self, order):
        """The one place where goods leave the stock."""
        entry = {
            "order": order["id"],
            "user": order["user"],
            "item": order["item"],
            "quantity": order["quantity"],
            "reserved": self._stock[order["item"]] >= order["quantity"],
        }
        self._ledger.append(entry)
        self._take(entry)
        goods = f"{entry['quantity']} x {entry['item']}"
        result = f"reserved {goods}" if entry["reserved"] else f"sold out: {goods}"
        shop.say("inventory", f"{entry['order']} {result}, {self._stock[order['item']]} left")

    def _take(self, entry):
        if entry["reserved"]:
            self._stock[entry["item"]] -= entry["quantity"]


def parse(data):
    """The order in the event's bytes; Poison when it is none."""
    try:
        order = json.loads(data)
        if (
            order["item"] not in STOCK
            or order["quantity"] < 1
            or not order["id"]
            or not order["user"]
        ):
            raise ValueError(f"bad values in {order}")
    except (ValueError, KeyError, TypeError) as error:
        raise Poison(f"not an order: {error}") from error
    return order


def main():
    """Runs until SIGTERM."""
    stop = shop.Stop()
    InventoryService().run(stop)


if __name__ == "__main__":
    main()
