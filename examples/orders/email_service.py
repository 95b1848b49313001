# SPDX-License-Identifier: Apache-2.0
"""The e-mail service: tells each user once what became of an order."""

import json

import shop
from consumer import Consumer


class EmailService:
    """The ledger stands for the mail provider; hand a real one the order id as idempotency key."""

    def __init__(self):
        self._sent = shop.Ledger("e-mail.ledger.jsonl", "order")
        self._consumer = Consumer(shop.RESERVATIONS, "e-mail", self.handle_reservation)

    def run(self, stop):
        """Sends e-mails until told to stop."""
        self._consumer.run(stop)

    def handle_reservation(self, record):
        """One e-mail per order, however often the reservation arrives."""
        event = json.loads(record["Data"])
        if event["order"] in self._sent:
            return
        subject = "is on its way" if event["reserved"] else "is sold out, sorry"
        self._sent.append({"order": event["order"], "user": event["user"], "subject": subject})
        shop.say("e-mail", f"to {event['user']}: {event['order']} {subject}")


def main():
    """Runs until SIGTERM."""
    stop = shop.Stop()
    EmailService().run(stop)


if __name__ == "__main__":
    main()
