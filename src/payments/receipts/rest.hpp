#pragma once

namespace roost::http {
class api;
}

namespace roost::payments {

class receipt_service;

void install_receipts(http::api& a, receipt_service& r);

}  // namespace roost::payments
