"""A server of ours that is paid, and pays, by way of M-Pesa, which is a simulator."""

from .mpesa import MPesa
from .payments import BUSY
from .place import Place
from .processes import wait_until
from .stays import money

PHONE, MSISDN = "+254712345678", "254712345678"
STATUS = "POST /mpesa/transactionstatus/v1/query"


def shillings(whole):
    return money(whole * 100, "KES")


class MPesaPlace(Place):
    BEGIN, LISTING = {"method": "mobile_money", "phone": PHONE}, {"nightly_price": shillings(10_000)}

    def __init__(self, start_server, database, redis, api_of, folder, **environment):
        self.mpesa = MPesa(folder)
        super().__init__(self.mpesa, start_server, database, redis, api_of, **environment)

    def push(self, payment):
        """M-Pesa's, by the address that we gave it."""
        (found,) = self.pushes(payment)
        return found

    def pushes(self, payment):
        return [p for p in list(self.mpesa.pushes.values()) if p["path"].split(".")[2] == payment["id"]]

    def end(self, payment, result="0", **how):
        """What becomes of the prompt."""
        return self.mpesa.end(self.push(payment)["checkout"], result, **how)

    pay = end

    def receipt(self, payment):
        return self.db.execute("select provider_receipt from payment where id = %s", [payment["id"]]).fetchone()["provider_receipt"]

    def paid_with_receipt(self):
        """(guest, payment), which can be taken back."""
        guest, _, _, payment = self.paid()
        wait_until(lambda: self.receipt(payment), BUSY, "the receipt")
        return guest, payment

    def sent(self, id):
        """What M-Pesa has of a payment of ours to somebody's phone, once it has it."""
        return wait_until(lambda: self.mpesa.sent.get(id), BUSY, "the payment")

    def later(self, **time):
        """Time passes, until what nobody has told of is asked for unless said."""
        self.clock.advance(**(time or {"seconds": 20}))

    def await_the_question(self):
        """Time passes until M-Pesa was asked what became of money that left, and has told it."""
        before = len(self.mpesa.asked(STATUS, served=True))

        def was_asked():
            self.later(minutes=2)
            return len(self.mpesa.asked(STATUS, served=True)) > before

        wait_until(was_asked, BUSY, "a question", every=0.5)
        wait_until(self.mpesa.all_told, BUSY, "the answer")

    def moved(self, what, of):
        return [amount for kind, about, amount in list(self.mpesa.money) if (kind, about) == (what, of)]

    def disagreeing(self):
        found, refunds = [], {}
        for r in self.db.execute("select id::text, payment_id from refund"):
            refunds.setdefault(r["payment_id"], []).append(r["id"])
        for p in self.db.execute("select * from payment"):
            push = self.mpesa.pushes.get(p["provider_reference"])
            receipt = push and push["receipt"]
            given = self.moved("back", receipt) + [a for r in refunds.get(p["id"], []) for a in self.moved("out", r)]
            taken = self.moved("in", receipt)
            if len(taken) > 1 or (sum(taken) * 100, sum(given) * 100) != (p["captured"], p["refunded"]):
                found.append((p["id"], p["status"], taken, given, p["captured"], p["refunded"]))
        for p in self.db.execute("select id::text, status, amount from payout"):
            if [a * 100 for a in self.moved("out", p["id"])] != ([p["amount"]] if p["status"] == "paid" else []):
                found.append((p["id"], p["status"], p["amount"], self.moved("out", p["id"])))
        return found
