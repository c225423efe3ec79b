#include <algorithm>
#include <boost/json.hpp>
#include <cmath>
#include <format>

#include "platform/schema/loose_json.hpp"
#include "platform/schema/text.hpp"

namespace roost::schema {
namespace {

namespace json = boost::json;

/// Walks a parsed document beside the descriptor and collects every fault.
class reader
{
    std::vector<field_error>& faults_;
    others others_;
    bool loose_;

    void fault(const std::string& pointer, std::string_view code, std::string detail)
    {
        if (faults_.size() < 100) faults_.push_back({pointer, code, std::move(detail)});
    }
    void wrong_type(const std::string& pointer, std::string_view expected)
    {
        fault(pointer, "type", std::format("must be {}", expected));
    }

    std::optional<std::int64_t> integer(const json::value& v)
    {
        if (v.is_int64()) return v.get_int64();
        if (v.is_double() && std::trunc(v.get_double()) == v.get_double() && std::abs(v.get_double()) < 9e15)
            return static_cast<std::int64_t>(v.get_double());  // 2.0 is an integer (JSON Schema 2020-12, 4.2.3)
        return std::nullopt;
    }

    static std::string digits(const json::value& number)
    {
        if (number.is_int64()) return std::to_string(number.get_int64());
        return std::format("{}", number.to_number<double>());
    }

    bool read_number(const json::value& v, const type& t, void* into, const std::string& pointer)
    {
        if (t.k == kind::number)
        {
            if (!v.is_number()) return wrong_type(pointer, "a number"), false;
            const auto n = v.to_number<double>();
            if (!std::isfinite(n)) return wrong_type(pointer, "a number that is not too large"), false;  // 1e999
            *static_cast<double*>(into) = n;
            return true;
        }
        const auto n = integer(v);
        if (!n && !v.is_number()) return wrong_type(pointer, "a whole number"), false;
        if (t.k == kind::int64 && n) return *static_cast<std::int64_t*>(into) = *n, true;
        if (t.k == kind::int32 && n && std::in_range<std::int32_t>(*n))
            return *static_cast<std::int32_t*>(into) = static_cast<std::int32_t>(*n), true;
        return wrong_type(pointer, "a whole number that is not too large"), false;
    }

    bool read_money(const json::value& v, void* into, const std::string& pointer)
    {
        if (!v.is_object()) return wrong_type(pointer, R"(an amount like {"amount": 12050, "currency": "EUR"})"), false;
        std::optional<std::int64_t> amount;
        std::optional<currency> unit;
        const auto before = faults_.size();
        for (const auto& [name, member] : v.get_object())
        {
            if (name == "amount")
            {
                amount = integer(member);
                if (!amount) wrong_type(pointer + "/amount", "a whole number of minor units");
            }
            else if (name == "currency")
            {
                if (member.is_string()) unit = currency::parse(std::string_view{member.get_string()});
                if (!unit) wrong_type(pointer + "/currency", "an ISO 4217 currency code");
            }
            else
                fault(pointer + "/" + std::string{name}, "unknown", "there is no such member");
        }
        if (!v.get_object().contains("amount")) fault(pointer + "/amount", "required", "is required");
        if (!v.get_object().contains("currency")) fault(pointer + "/currency", "required", "is required");
        if (faults_.size() != before) return false;
        *static_cast<money*>(into) = money{*amount, *unit};
        return true;
    }

    bool read_list(const json::value& v, const type& t, const limits& b, void* into, const std::string& pointer)
    {
        if (!v.is_array()) return wrong_type(pointer, "a list"), false;
        const auto& items = v.get_array();
        if (items.size() > b.max_length.value_or(10'000))
            return fault(pointer, "bounds", std::format("must have at most {} items", b.max_length.value_or(10'000))),
                   false;
        bool good = true;
        for (std::size_t i = 0; i < items.size(); ++i)
            good &= read(items[i], *t.element, {}, t.emplace(into), std::format("{}/{}", pointer, i));
        return good;
    }

    /// A value whose JSON form is a string with a syntax of its own.
    bool read_as_text(const json::value& v, const type& t, void* into, const std::string& pointer)
    {
        if (loose_ && t.k == kind::text && v.is_number()) return *static_cast<std::string*>(into) = digits(v), true;
        if (!v.is_string())
            return wrong_type(pointer, t.k == kind::text ? "a string" : "a string of its format"), false;
        if (auto bad = read_text(std::string_view{v.get_string()}, t, {}, into, pointer))
            return fault(bad->pointer, bad->code, std::move(bad->detail)), false;
        return true;
    }

    bool read_value(const json::value& v, const type& t, const limits& b, void* into, const std::string& pointer)
    {
        switch (t.k)
        {
            case kind::boolean:
                if (!v.is_bool()) return wrong_type(pointer, "true or false"), false;
                *static_cast<bool*>(into) = v.get_bool();
                return true;
            case kind::int32:
            case kind::int64:
            case kind::number: return read_number(v, t, into, pointer);
            case kind::money: return read_money(v, into, pointer);
            case kind::object: return read_object(v, t, into, pointer);
            case kind::list: return read_list(v, t, b, into, pointer);
            case kind::optional:
                if (v.is_null()) return true;
                return read_value(v, *t.element, b, t.emplace(into), pointer);
            case kind::patch: return read_value(v, *t.element, b, t.emplace(into), pointer);
            case kind::text:
            case kind::enumeration:
            case kind::id:
            case kind::currency:
            case kind::date:
            case kind::instant:
            case kind::time_zone: return read_as_text(v, t, into, pointer);
        }
        std::unreachable();
    }

public:
    reader(std::vector<field_error>& faults, others o, bool loose) : faults_{faults}, others_{o}, loose_{loose} {}

    bool read(const json::value& v, const type& t, const limits& b, void* into, const std::string& pointer)
    {
        if (!read_value(v, t, b, into, pointer)) return false;
        if (auto bad = check(t, b, into, pointer)) return fault(bad->pointer, bad->code, std::move(bad->detail)), false;
        return true;
    }

    bool read_object(const json::value& v, const type& t, void* into, const std::string& pointer)
    {
        if (!v.is_object()) return wrong_type(pointer, "an object"), false;
        const auto before = faults_.size();
        for (const auto& [name, member] : v.get_object())
        {
            const auto it = std::ranges::find(t.fields, std::string_view{name}, &field_info::name);
            auto place = pointer + "/" + escaped(name);
            if (it != t.fields.end())
                read(member, *it->of, it->bounds, it->at(into), place);
            else if (others_ == others::refused)
                fault(place, "unknown", "there is no such member");
        }
        for (const auto& f : t.fields)
            if (f.required && !v.get_object().contains(f.name))
                fault(std::format("{}/{}", pointer, f.name), "required", "is required");
        return faults_.size() == before;
    }

    static std::string escaped(std::string_view token)  // RFC 6901, 3
    {
        std::string out;
        for (const char c : token.substr(0, 100))
        {
            if (c == '~')
                out += "~0";
            else if (c == '/')
                out += "~1";
            else
                out.push_back(c);
        }
        return out;
    }
};

result<void> read_document(std::string_view text, const type& t, void* into, others o, bool loose)
{
    boost::system::error_code ec;
    json::monotonic_resource memory;  // one document, freed at once
    json::parse_options strict;
    strict.max_depth = 16;
    const auto document = json::parse(text, ec, &memory, strict);
    if (ec) return fail(errc::malformed, "the body is not JSON: " + ec.message());

    error bad{errc::invalid_input, "some fields are not acceptable"};
    if (!document.is_object())
        bad.fields.push_back({"", "type", "must be an object"});
    else
        reader{bad.fields, o, loose}.read_object(document, t, into, "");
    if (!bad.fields.empty()) return std::unexpected{std::move(bad)};
    return {};
}

}  // namespace

result<void> read_json(std::string_view text, const type& t, void* into, others o)
{
    return read_document(text, t, into, o, false);
}

result<void> read_loose_json(std::string_view text, const type& t, void* into)
{
    return read_document(text, t, into, others::ignored, true);
}

result<field_mask> parse_field_mask(const type& object, std::string_view names)
{
    field_mask mask = 0;
    while (!names.empty())
    {
        const auto comma = names.find(',');
        const auto name = names.substr(0, comma);
        const auto it = std::ranges::find(object.fields, name, &field_info::name);
        if (it == object.fields.end())
            return invalid("fields", std::format("there is no field '{}'", name.substr(0, 100)), "unknown");
        mask |= field_mask{1} << (it - object.fields.begin());
        names.remove_prefix(comma == names.npos ? names.size() : comma + 1);
    }
    return mask;
}

}  // namespace roost::schema
