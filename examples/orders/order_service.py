# SPDX-License-Identifier: Apache-2.0
"""The order service: places orders as events keyed by user, and follows what became of them."""

import argparse
import json
import os
import random
import time

import shop
from consumer import Consumer
from producer import Producer

BATCH = 10
USERS = [f"user-{name}" for name in ("ada", "bo", "cleo", "dag", "eva", "finn", "gro", "hal")]
GOODS = ["lamp", "chair", "table", "shelf", "clock"]


def new_order(number, malformed_percent):
    """Order `number`, always the same for the same number; some are malformed on purpose."""
    dice = random.Random(number)
    order = {
        "id": f"order-{number:05}",
        "user": dice.choice(USERS),
        "item": dice.choice(GOODS),
        "quantity": dice.randint(1, 3),
    }
    body = json.dumps(order)
    malformed = dice.uniform(0, 100) < malformed_percent
    if malformed:
        broken = {**order, "quantity": -order["quantity"]}
        body = dice.choice([body[: len(body) // 2], json.dumps(broken), json.dumps([order["id"]])])
    return {"number": number, "user": order["user"], "body": body, "malformed": malformed}


class OrderService:
    """Orders go through an outbox: written to disk first, then sent, then marked as sent."""

    def __init__(self, count, malformed_percent):
        self._count, self._malformed_percent = count, malformed_percent
        self._outbox = shop.Ledger("orders.outbox.jsonl", "number")
        self._outcomes = shop.Ledger("orders.outcomes.jsonl", "order")
        self._sent_path = os.path.join(shop.STATE, "orders.sent.json")
        self._sent = shop.read_json(self._sent_path, 0)
        self._producer = Producer(shop.ORDERS)
        self._consumer = Consumer(shop.RESERVATIONS, "orders", self.handle_reservation)

    def run(self, stop):
        """Places all orders, BATCH at a time, and reads reservations until told to stop."""
        while not stop:
            if self._sent < self._count:
                self.place(min(BATCH, self._count - self._sent))
            self._consumer.poll()
            time.sleep(shop.POLL_SECONDS)

    def place(self, count):
        """Sends the next `count` orders; after a crash the same again, which readers notice."""
        for number in range(self._sent, self._sent + count):
            if number not in self._outbox:
                self._outbox.append(new_order(number, self._malformed_percent))
            order = self._outbox.entries[number]
            self._producer.add(order["user"], order["body"].encode())
        self._producer.flush()
        self._sent += count
        shop.write_atomically(self._sent_path, self._sent)
        retried = f", {self._producer.retried} entries retried" if self._producer.retried else ""
        shop.say("orders", f"placed {self._sent} of {self._count}{retried}")

    def handle_reservation(self, record):
        """An order is confirmed or cancelled once, however often the reservation arrives."""
        event = json.loads(record["Data"])
        if event["order"] in self._outcomes:
            return
        outcome = "confirmed" if event["reserved"] else "cancelled"
        self._outcomes.append({"order": event["order"], "user": event["user"], "outcome": outcome})


def main():
    """Runs until SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--orders", type=int, default=200, help="how many orders to place")
    parser.add_argument("--malformed", type=float, default=5, help="per cent of malformed orders")
    options = parser.parse_args()
    stop = shop.Stop()
    OrderService(options.orders, options.malformed).run(stop)


if __name__ == "__main__":
    main()
