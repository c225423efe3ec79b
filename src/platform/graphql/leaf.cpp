#include "platform/graphql/leaf.hpp"

#include <charconv>
#include <cmath>
#include <format>
#include <limits>

#include "platform/schema/json.hpp"

namespace roost::graphql {
namespace {

/// The value as a number, texts of numbers too.
std::optional<double> number_of(const value& v)
{
    if (const auto* b = v.as<bool>()) return *b ? 1 : 0;
    if (const auto* n = v.as<std::int64_t>()) return static_cast<double>(*n);
    if (const auto* d = v.as<double>()) return std::isfinite(*d) ? std::optional{*d} : std::nullopt;
    const auto* text = v.as<std::string>();
    if (!text || text->empty()) return std::nullopt;
    double n = 0;
    const auto [end, bad] = std::from_chars(text->data(), text->data() + text->size(), n);
    return bad == std::errc{} && end == text->data() + text->size() && std::isfinite(n) ? std::optional{n}
                                                                                        : std::nullopt;
}

void write_number(std::string& out, double n)
{
    if (n == 0) n = 0;  // no "-0"
    char text[32];
    out.append(text, std::to_chars(text, text + sizeof text, n).ptr);
}

std::optional<std::string> write_int(std::string& out, const value& v)
{
    const auto n = number_of(v);
    if (!n || std::trunc(*n) != *n) return "Int cannot represent a value that is no whole number.";
    if (*n < std::numeric_limits<std::int32_t>::min() || *n > std::numeric_limits<std::int32_t>::max())
        return "Int cannot represent a number of more than 32 bits.";
    out += std::to_string(static_cast<std::int64_t>(*n));
    return {};
}

std::optional<std::string> write_float(std::string& out, const value& v)
{
    const auto n = number_of(v);
    if (!n) return "Float cannot represent a value that is no finite number.";
    write_number(out, *n);
    return {};
}

std::optional<std::string> write_boolean(std::string& out, const value& v)
{
    if (const auto* b = v.as<bool>())
        out += *b ? "true" : "false";
    else if (const auto* n = v.as<std::int64_t>())
        out += *n != 0 ? "true" : "false";
    else if (const auto* d = v.as<double>(); d && std::isfinite(*d))
        out += *d != 0 ? "true" : "false";
    else
        return "Boolean cannot represent a value that is neither true nor false.";
    return {};
}

std::optional<std::string> write_text(std::string& out, std::string_view type, const value& v)
{
    const bool id = type == "ID";
    std::string text;
    if (const auto* s = v.as<std::string>())
        text = *s;
    else if (const auto* n = v.as<std::int64_t>())
        text = std::to_string(*n);
    else if (const auto* b = v.as<bool>(); b && !id)
        text = *b ? "true" : "false";
    else if (const auto* d = v.as<double>(); d && !id && std::isfinite(*d))
        write_number(text, *d);
    else
        return std::format("{} cannot represent this value.", type);
    roost::schema::write_string(out, text);
    return {};
}

/// A custom scalar's is written as it comes.
std::optional<std::string> write_custom(std::string& out, const value& v)
{
    if (const auto* json = v.as<raw_json>())
        out += json->text;
    else if (const auto* s = v.as<std::string>())
        roost::schema::write_string(out, *s);
    else if (const auto* b = v.as<bool>())
        out += *b ? "true" : "false";
    else if (const auto* n = v.as<std::int64_t>())
        out += std::to_string(*n);
    else if (const auto* d = v.as<double>(); d && std::isfinite(*d))
        write_number(out, *d);
    else
        return "This value has no JSON.";
    return {};
}

}  // namespace

std::optional<std::string> write_leaf(std::string& out, const named_type& type, const value& v)
{
    if (type.kind() == type_kind::enumeration)
    {
        const auto* name = v.as<std::string>();
        if (!name || !type.value(*name)) return std::format("Enum \"{}\" cannot represent this value.", type.name());
        roost::schema::write_string(out, *name);
        return {};
    }
    if (!type.built_in_scalar()) return write_custom(out, v);
    if (type.name() == "Int") return write_int(out, v);
    if (type.name() == "Float") return write_float(out, v);
    if (type.name() == "Boolean") return write_boolean(out, v);
    return write_text(out, type.name(), v);
}

}  // namespace roost::graphql
