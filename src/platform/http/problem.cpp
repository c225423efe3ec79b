#include "platform/http/problem.hpp"

#include <format>

#include "platform/schema/json.hpp"

namespace roost::http {
namespace {

// What the reader of a reply needs said once per code; the particulars are in `detail`.
std::string_view title_of(errc code)
{
    switch (code)
    {
        case errc::malformed: return "The request cannot be read";
        case errc::not_signed_in: return "Signing in is required";
        case errc::invalid_credentials: return "The credentials are not right";
        case errc::not_allowed: return "This is not allowed to you";
        case errc::not_found: return "There is no such thing";
        case errc::method_not_allowed: return "The method does not apply here";
        case errc::not_acceptable: return "No acceptable form of the reply exists";
        case errc::dates_taken: return "The dates are taken";
        case errc::wrong_state: return "The state does not permit this";
        case errc::has_live_bookings: return "There are live bookings";
        case errc::email_taken: return "The e-mail address is in use";
        case errc::username_taken: return "The user name is in use";
        case errc::request_in_progress: return "The same request is still running";
        case errc::quote_expired: return "The quote has expired";
        case errc::version_mismatch: return "It was changed meanwhile";
        case errc::payload_too_large: return "The body is too large";
        case errc::unsupported_media_type: return "The media type is not supported";
        case errc::invalid_input: return "The input is not valid";
        case errc::idempotency_key_reused: return "The Idempotency-Key was used for another request";
        case errc::idempotency_key_required: return "An Idempotency-Key is required";
        case errc::too_many_requests: return "Too many requests";
        case errc::overloaded: return "Too busy at the moment";
        case errc::unavailable: return "Unavailable at the moment";
    }
    std::unreachable();
}

void member(std::string& out, std::string_view name, std::string_view value)
{
    out += ",\"";
    out += name;
    out += "\":";
    schema::write_string(out, value);
}

response reply(int status, std::string body)
{
    response r;
    r.status = status;
    r.content_type = problem_type;
    r.headers.push_back({"Cache-Control", "no-store"});
    r.body = std::move(body);
    return r;
}

}  // namespace

int status_of(errc code)
{
    switch (code)
    {
        case errc::malformed: return 400;
        case errc::not_signed_in:
        case errc::invalid_credentials: return 401;
        case errc::not_allowed: return 403;
        case errc::not_found: return 404;
        case errc::method_not_allowed: return 405;
        case errc::not_acceptable: return 406;
        case errc::dates_taken:
        case errc::wrong_state:
        case errc::has_live_bookings:
        case errc::email_taken:
        case errc::username_taken:
        case errc::request_in_progress: return 409;
        case errc::quote_expired: return 410;
        case errc::version_mismatch: return 412;
        case errc::payload_too_large: return 413;
        case errc::unsupported_media_type: return 415;
        case errc::invalid_input:
        case errc::idempotency_key_reused: return 422;
        case errc::idempotency_key_required: return 428;
        case errc::too_many_requests: return 429;
        case errc::overloaded:
        case errc::unavailable: return 503;
    }
    std::unreachable();
}

std::string_view reason_of(int status)
{
    switch (status)
    {
        case 200: return "OK";
        case 201: return "Created";
        case 202: return "Accepted";
        case 204: return "No Content";
        case 206: return "Partial Content";
        case 301: return "Moved Permanently";
        case 302: return "Found";
        case 303: return "See Other";
        case 304: return "Not Modified";
        case 307: return "Temporary Redirect";
        case 308: return "Permanent Redirect";
        case 400: return "Bad Request";
        case 401: return "Unauthorized";
        case 403: return "Forbidden";
        case 404: return "Not Found";
        case 405: return "Method Not Allowed";
        case 406: return "Not Acceptable";
        case 408: return "Request Timeout";
        case 409: return "Conflict";
        case 410: return "Gone";
        case 412: return "Precondition Failed";
        case 413: return "Content Too Large";
        case 414: return "URI Too Long";
        case 415: return "Unsupported Media Type";
        case 417: return "Expectation Failed";
        case 421: return "Misdirected Request";
        case 422: return "Unprocessable Content";
        case 428: return "Precondition Required";
        case 429: return "Too Many Requests";
        case 431: return "Request Header Fields Too Large";
        case 500: return "Internal Server Error";
        case 501: return "Not Implemented";
        case 502: return "Bad Gateway";
        case 503: return "Service Unavailable";
        case 504: return "Gateway Timeout";
        case 505: return "HTTP Version Not Supported";
        case 507: return "Insufficient Storage";
        default: return "Unknown";
    }
}

std::string problem_body(int status, std::string_view title, std::string_view code, std::string_view detail,
                         std::string_view instance, std::string_view request_id, std::span<const field_error> errors)
{
    std::string out = "{\"type\":\"urn:roost:problem:";
    out += code;
    out += "\",\"title\":";
    schema::write_string(out, title);
    out += ",\"status\":";
    out += std::to_string(status);
    if (!detail.empty()) member(out, "detail", detail);
    if (!instance.empty()) member(out, "instance", instance);
    member(out, "code", code);
    member(out, "request_id", request_id);
    if (!errors.empty())
    {
        out += ",\"errors\":[";
        for (const auto& e : errors)
        {
            if (&e != errors.data()) out += ',';
            out += "{\"pointer\":";
            schema::write_string(out, e.pointer);
            member(out, "code", e.code);
            member(out, "detail", e.detail);
            out += '}';
        }
        out += ']';
    }
    out += '}';
    return out;
}

response problem(const error& e, const request& r)
{
    const int status = status_of(e.code);
    auto answer =
        reply(status, problem_body(status, title_of(e.code), name_of(e.code), e.detail, r.path, r.id, e.fields));
    if (e.retry_after)
        answer.headers.push_back({"Retry-After", std::to_string(e.retry_after->count())});
    else if (status == 503)
        answer.headers.push_back({"Retry-After", "1"});
    if (e.limit)  // draft-ietf-httpapi-ratelimit-headers-10
    {
        const auto& l = *e.limit;
        answer.headers.push_back({"RateLimit-Policy", std::format("\"{}\";q={};w={}", l.name, l.count, l.per.count())});
        answer.headers.push_back({"RateLimit", std::format("\"{}\";r=0;t={}", l.name, e.retry_after->count())});
    }
    if (status == 401) answer.headers.push_back({"WWW-Authenticate", "Bearer"});
    return answer;
}

response problem(int status, std::string_view code, std::string_view detail, const request& r)
{
    return reply(status, problem_body(status, reason_of(status), code, detail, r.path, r.id));
}

}  // namespace roost::http
