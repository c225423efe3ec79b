"""PayPal as far as Roost uses it, by PayPal's rules: Orders v2, Payments v2, payouts, disputes, events. It keeps books of its own:
what it took, held and gave back."""

from .paypal_calls import Calls, Refused, amount_in, improper, minor, only, unprocessable, written

SITE = "https://stays.example.com"


class PayPal(Calls):
    ROUTES = [
        ("POST", r"/v2/checkout/orders", "create"),
        ("GET", r"/v2/checkout/orders/(\w+)", "order"),
        ("POST", r"/v2/checkout/orders/(\w+)/(capture|authorize)", "collect"),
        ("POST", r"/v2/payments/authorizations/(\w+)/capture", "capture"),
        ("POST", r"/v2/payments/authorizations/(\w+)/void", "void"),
        ("GET", r"/v2/payments/captures/(\w+)", "get_capture"),
        ("POST", r"/v2/payments/captures/(\w+)/refund", "refund"),
        ("GET", r"/v2/payments/refunds/(\w+)", "get_refund"),
        ("POST", r"/v1/payments/payouts", "pay_out"),
        ("GET", r"/v1/payments/payouts/(\w+)", "batch"),
        ("GET", r"/v1/customer/disputes/([\w-]+)", "dispute"),
    ]

    def __init__(self, folder, clock=None):
        self.orders, self.authorizations, self.captures, self.refunds = {}, {}, {}, {}
        self.batches, self.disputes = {}, {}
        self.paid_invoices = set()
        self.reset()
        super().__init__(folder, clock)

    def environment(self):
        return {**super().environment(), "ROOST_MAIL_SITE": SITE}

    def reset(self):
        """To how it is when nobody says otherwise."""
        self.telling, self.forgets, self.refusals, self.token_seconds = True, False, {}, 32_400
        self.refunds_begin, self.captures_begin = "COMPLETED", "COMPLETED"  # captures of what is held
        self.payouts_end = "SUCCESS"  # None: nothing comes of them yet
        self.batch_days = 0  # how long ago the batches were made, for whoever asks now

    # Orders and payments

    def _create(self, body):
        only(body, ("intent", "purchase_units", "payment_source"))
        if body["intent"] not in ("CAPTURE", "AUTHORIZE") or len(body["purchase_units"]) != 1:
            raise improper("INVALID_PARAMETER_VALUE")
        unit = only(body["purchase_units"][0], ("amount", "custom_id", "invoice_id"))
        amount_in(unit["amount"])
        how = only(only(body["payment_source"], ("paypal",))["paypal"], ("experience_context",))["experience_context"]
        only(how, ("user_action", "shipping_preference", "payment_method_preference", "landing_page", "return_url", "cancel_url"))
        allowed = (how["user_action"] in ("CONTINUE", "PAY_NOW"), how["landing_page"] in ("LOGIN", "GUEST_CHECKOUT"),
                   how["shipping_preference"] == "NO_SHIPPING", how["payment_method_preference"] == "IMMEDIATE_PAYMENT_REQUIRED",
                   how["return_url"].startswith(f"{SITE}/bookings/"), how["cancel_url"] == how["return_url"])  # fmt: skip
        if not all(allowed):
            raise improper("INVALID_PARAMETER_VALUE")
        id = self.id()
        self.orders[id] = {
            "id": id, "intent": body["intent"], "status": "PAYER_ACTION_REQUIRED", "create_time": self.stamp(),
            "payment_source": {"paypal": {}}, "purchase_units": [{"reference_id": "default", **unit}],
            "links": [{"href": f"https://api.paypal.example/v2/checkout/orders/{id}", "rel": "self", "method": "GET"},
                      {"href": self.page(id), "rel": "payer-action", "method": "GET"}], "experience": how}  # fmt: skip
        return 201, self.orders[id]

    @staticmethod
    def page(order):
        return f"https://www.paypal.example/checkoutnow?token={order}"

    def _order(self, id):
        return 200, self._found(self.orders, id)

    def _collect(self, body, id, verb):
        only(body, ())
        order = self._found(self.orders, id)
        if order["status"] == "COMPLETED":
            raise unprocessable("ORDER_ALREADY_CAPTURED" if verb == "capture" else "ORDER_ALREADY_AUTHORIZED")
        if order["intent"] != verb.upper():
            raise improper("ACTION_DOES_NOT_MATCH_INTENT", 422, "UNPROCESSABLE_ENTITY")
        if order["status"] != "APPROVED":
            raise unprocessable("ORDER_NOT_APPROVED")
        unit = order["purchase_units"][0]
        if unit["invoice_id"] in self.paid_invoices:
            raise unprocessable("DUPLICATE_INVOICE_ID")
        if order["instrument"] == "declined":
            raise unprocessable("INSTRUMENT_DECLINED", [{"href": self.page(id), "rel": "redirect", "method": "GET"}])
        self.paid_invoices.add(unit["invoice_id"])
        unit["payments"] = {}
        order.update(status="COMPLETED", update_time=self.stamp())
        if verb == "capture":
            self._take(order, unit["amount"], "PENDING" if order["instrument"] == "slow" else "COMPLETED")
        else:
            held = self._moved(order, "authorizations", self.authorizations, unit["amount"], "CREATED",
                               expiration_time="2026-12-31T00:00:00Z")  # fmt: skip
            self._tell("PAYMENT.AUTHORIZATION.CREATED", held)
        return 201, order

    def _moved(self, order, kind, shelf, amount, status, **more):
        unit = order["purchase_units"][0]
        thing = {"id": self.id(), "status": status, "amount": dict(amount), "custom_id": unit["custom_id"],
                 "invoice_id": unit["invoice_id"], "create_time": self.stamp(), "links": [],
                 "supplementary_data": {"related_ids": {"order_id": order["id"]}}, **more}  # fmt: skip
        shelf[thing["id"]] = thing
        unit["payments"].setdefault(kind, []).append(thing)
        return thing

    def _take(self, order, amount, status):
        taken = self._moved(order, "captures", self.captures, amount, status, final_capture=True)
        if status == "COMPLETED":
            self._pay(taken)
        else:
            self._tell(f"PAYMENT.CAPTURE.{status}", taken)
        return taken

    def _pay(self, taken):
        gross = minor(taken["amount"])
        fee = gross * 349 // 10_000 + 39
        taken["status"] = "COMPLETED"
        taken["seller_receivable_breakdown"] = {
            "gross_amount": taken["amount"], "paypal_fee": written(fee, taken["amount"]),
            "net_amount": written(gross - fee, taken["amount"])}  # fmt: skip
        self._tell("PAYMENT.CAPTURE.COMPLETED", taken)

    def _order_of(self, thing):
        return self.orders[thing["supplementary_data"]["related_ids"]["order_id"]]

    def _capture(self, body, id):
        only(body, (), ("final_capture", "amount", "invoice_id", "note_to_payer"))
        held = self._found(self.authorizations, id)
        if held["status"] != "CREATED":
            raise unprocessable({"VOIDED": "AUTHORIZATION_VOIDED", "DENIED": "AUTHORIZATION_DENIED"}.get(
                held["status"], "AUTHORIZATION_ALREADY_CAPTURED"))  # fmt: skip
        if self.captures_begin == "COMPLETED":
            held["status"] = "CAPTURED"
        return 201, self._take(self._order_of(held), held["amount"], self.captures_begin)

    def _void(self, body, id):
        only(body, ())
        held = self._found(self.authorizations, id)
        if held["status"] != "CREATED":
            raise unprocessable({"VOIDED": "PREVIOUSLY_VOIDED"}.get(held["status"], "PREVIOUSLY_CAPTURED"))
        held["status"] = "VOIDED"
        self._tell("PAYMENT.AUTHORIZATION.VOIDED", held)
        return 204, None

    def _get_capture(self, id):
        return 200, self._found(self.captures, id)

    def _refund(self, body, id):
        only(body, ("amount",), ("custom_id", "invoice_id", "note_to_payer"))
        taken, amount = self._found(self.captures, id), amount_in(body["amount"])
        if amount["currency_code"] != taken["amount"]["currency_code"]:
            raise improper("REFUND_CAPTURE_CURRENCY_MISMATCH", 422, "UNPROCESSABLE_ENTITY")
        if taken["status"] == "REFUNDED":
            raise unprocessable("CAPTURE_FULLY_REFUNDED")
        if taken["status"] not in ("COMPLETED", "PARTIALLY_REFUNDED"):
            raise unprocessable("PENDING_CAPTURE")
        back = self.refunded(taken) + minor(amount)
        if back > minor(taken["amount"]):
            raise unprocessable("REFUND_AMOUNT_EXCEEDED")
        taken["status"] = "REFUNDED" if back == minor(taken["amount"]) else "PARTIALLY_REFUNDED"
        own = {name: body[name] for name in ("custom_id", "invoice_id") if name in body}
        made = self._moved(self._order_of(taken), "refunds", self.refunds, amount, self.refunds_begin, **own)
        made["links"] = [{"href": f"https://api.paypal.example/v2/payments/captures/{id}", "rel": "up", "method": "GET"}]
        if made["status"] == "COMPLETED":
            self._tell("PAYMENT.CAPTURE.REFUNDED", made)
        return 201, made

    def _get_refund(self, id):
        return 200, self._found(self.refunds, id)

    def refunded(self, taken):
        """What has gone back, or is about to."""
        back = self._order_of(taken)["purchase_units"][0]["payments"].get("refunds", [])
        return sum(minor(r["amount"]) for r in back if r["status"] not in ("FAILED", "CANCELLED"))

    # Payouts and disputes

    def _pay_out(self, body):
        head = only(only(body, ("sender_batch_header", "items"))["sender_batch_header"], ("sender_batch_id",))
        (item,) = body["items"]
        only(item, ("recipient_type", "receiver", "sender_item_id", "amount"))
        amount_in(item["amount"], "currency")
        if item["recipient_type"] != "EMAIL" or "@" not in item["receiver"] or len(item["receiver"]) > 127:
            raise Refused(400, "VALIDATION_ERROR", "Receiver is invalid or does not match with type", improper=True)
        for id, batch in self.batches.items():
            if batch["batch_header"]["sender_batch_header"] == head and self.batch_days < 30:
                known = {"href": f"https://api.paypal.example/v1/payments/payouts/{id}", "rel": "self", "method": "GET"}
                raise Refused(400, "USER_BUSINESS_ERROR", "Batch with given sender_batch_id already exists", link=[known])
        id = self.id()
        # The reply tells nothing of what comes of it.
        header = {"payout_batch_id": id, "batch_status": "PENDING", "sender_batch_header": head}
        self.batches[id] = {
            "batch_header": dict(header),
            "items": [{"payout_item_id": self.id(), "transaction_status": "PENDING", "payout_item": item,
                       "payout_batch_id": id, "sender_batch_id": head["sender_batch_id"]}]}  # fmt: skip
        if self.payouts_end:
            self.end_payout(self.batches[id], self.payouts_end)
        return 201, {"batch_header": header}

    def _batch(self, id):
        return 200, self._found(self.batches, id)

    def _dispute(self, id):
        return 200, self._found(self.disputes, id)

    # What guests, hosts and banks do

    def approve(self, order, instrument="good"):
        """The guest has approved, and chosen what to pay by: good, declined, slow."""
        with self.lock:
            assert order["status"] in ("PAYER_ACTION_REQUIRED", "CREATED", "APPROVED"), order
            order.update(status="APPROVED", instrument=instrument, update_time=self.stamp())
            self._tell("CHECKOUT.ORDER.APPROVED", order)

    def lapse(self, order):
        """It was not approved, or not taken, in time."""
        with self.lock:
            assert order["status"] != "COMPLETED", order
            del self.orders[order["id"]]

    def arrive(self, taken):
        with self.lock:
            self._pay(taken)

    def deny(self, taken):
        with self.lock:
            taken["status"] = "DECLINED"
            self._tell("PAYMENT.CAPTURE.DENIED", taken)

    def end_refund(self, refund, status):
        with self.lock:
            refund["status"] = status
            self._tell("PAYMENT.CAPTURE.REFUNDED" if status == "COMPLETED" else "PAYMENT.REFUND.FAILED", refund)

    def end_payout(self, batch, status):
        with self.lock:
            (item,) = batch["items"]
            item["transaction_status"], batch["batch_header"]["batch_status"] = status, "SUCCESS"
            self._tell(f"PAYMENT.PAYOUTS-ITEM.{'SUCCEEDED' if status == 'SUCCESS' else status}", item)

    def dispute(self, taken, stage="CHARGEBACK", reason="MERCHANDISE_OR_SERVICE_NOT_RECEIVED"):
        with self.lock:
            id = f"PP-D-{self.id()}"
            self.disputes[id] = {
                "dispute_id": id, "reason": reason, "status": "WAITING_FOR_SELLER_RESPONSE", "dispute_life_cycle_stage": stage,
                "dispute_amount": dict(taken["amount"]),
                "disputed_transactions": [{"seller_transaction_id": taken["id"], "custom": taken["custom_id"]}]}  # fmt: skip
            self._tell("CUSTOMER.DISPUTE.CREATED", self.disputes[id])
            return self.disputes[id]

    def change_dispute(self, dispute, **changes):
        with self.lock:
            dispute.update(changes)
            self._tell("CUSTOMER.DISPUTE." + ("RESOLVED" if dispute["status"] == "RESOLVED" else "UPDATED"), dispute)

    # What it has

    def order_of(self, payment):
        """By what we wrote on it."""
        (found,) = self.orders_of(payment)
        return found

    def orders_of(self, payment):
        return [o for o in list(self.orders.values()) if o["purchase_units"][0]["custom_id"] == payment["id"]]

    def capture_of(self, payment):
        (taken,) = self.order_of(payment)["purchase_units"][0]["payments"]["captures"]
        return taken

    def authorization_of(self, payment):
        (held,) = self.order_of(payment)["purchase_units"][0]["payments"]["authorizations"]
        return held

    def books(self):
        """Payment → [captured, refunded], of all that was ever taken."""
        sums = {}
        with self.lock:
            for taken in self.captures.values():
                if "seller_receivable_breakdown" in taken:
                    both = sums.setdefault(taken["custom_id"], [0, 0])
                    both[0] += minor(taken["amount"])
                    both[1] += self.refunded(taken)
        return sums
