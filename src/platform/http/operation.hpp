#pragma once
#include <any>
#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/error.hpp"
#include "core/id.hpp"
#include "platform/auth/identity.hpp"
#include "platform/http/message.hpp"
#include "platform/schema/json.hpp"
#include "platform/schema/schema.hpp"
#include "platform/task.hpp"

namespace roost::pg {
class tx;
}

namespace roost::http {

/// What a handler's result becomes, before the transaction commits and the response is made of it.
struct reply
{
    int status = 200;
    std::variant<std::string, shared_bytes> body = {};
    std::vector<header> headers = {};
    std::string_view content_type = "application/json";  // literal
};

/// One request on its way through one operation.
struct call
{
    const request& req;
    std::vector<std::string_view> path_parameters = {};
    std::vector<std::pair<std::string, std::string>> query = {};
    std::optional<identity> who = {};
    pg::tx* tx = nullptr;
    schema::field_mask fields = schema::all_fields;
    std::string fields_text = {};  // ?fields= as it came
    std::size_t next_path_parameter = 0;
    std::string_view media_type = "application/json";  // what the client would rather have
    std::any prepared = {};
    uuid work = {};  // of operations in steps
};

enum class reply_shape
{
    object,
    created,
    page,
    nothing,
};

/// One route as declared: what the router needs to serve it and the contract to describe it.
struct operation
{
    http::method method;
    std::string path;  // below the prefix: "/bookings/{booking_id}/"
    std::string summary;
    std::string details = {};
    std::string tag = {};
    std::optional<role> needs = {};
    std::vector<errc> failures = {};
    std::vector<std::string_view> media_types = {"application/json"};  // of its answer

    bool signed_in = false;    // has a parameter that needs an identity
    bool may_sign_in = false;  // has a parameter that takes an identity when there is one
    bool in_transaction = false;
    bool key_required = false;  // Idempotency-Key
    bool in_steps = false;      // what it prepares is committed before the transaction of its reply
    bool public_reply = false;  // the same for everybody, so that shared caches may keep it
    bool takes_if_match = false;
    const schema::type* body = nullptr;
    const schema::type* query = nullptr;
    const schema::type* answer = nullptr;
    std::shared_ptr<void> (*make_answer)() = nullptr;  // an empty value of that type
    reply_shape shape = reply_shape::nothing;
    std::function<task<result<void>>(call&)> prepare = {};
    std::function<task<result<reply>>(call&)> run = {};
};

}  // namespace roost::http
