#pragma once
#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <format>
#include <functional>
#include <optional>
#include <string>

#include "platform/graphql/coercion.hpp"
#include "platform/graphql/scalars.hpp"

namespace roost::graphql {

/// Reads variables from JSON. Everything that is wrong is told, with the path to it.
class json_reader
{
    using json_value = boost::json::value;

public:
    json_reader(arena& into, std::size_t max_errors, std::function<void(std::string)> tell)
        : arena_{into}, left_{max_errors}, tell_{std::move(tell)}
    {}

    void begin(std::string_view name) { path_ = std::format("${}", name); }

    std::optional<input> read(type_ref type, const json_value& v)
    {
        if (v.is_null()) return type.non_null() ? fail("must not be null") : std::optional{input{}};
        if (type.list()) return read_list(type.nullable(), v);
        switch (type.named->kind())
        {
            case type_kind::input_object: return read_object(*type.named, v);
            case type_kind::enumeration: {
                const auto* found = v.is_string() ? type.named->value(view_of(v.get_string())) : nullptr;
                return found ? input::of(found->name, input_kind::enum_value) : fail(wanted(*type.named));
            }
            default: return read_scalar(*type.named, v);
        }
    }

    bool full() const { return left_ == 0; }

    std::optional<input> fail(std::string_view message)
    {
        if (left_ == 0) return std::nullopt;
        --left_;
        tell_(std::format("{} {}", path_, message));
        return std::nullopt;
    }

private:
    static std::string_view view_of(const boost::json::string& s) { return {s.data(), s.size()}; }
    static std::string_view view_of(boost::json::string_view s) { return {s.data(), s.size()}; }

    /// A floating number without a fraction, as JSON may write an integer.
    static std::optional<std::int64_t> integer_of(double v)
    {
        constexpr double exact = 9007199254740992;  // 2^53
        if (std::trunc(v) != v || std::abs(v) > exact) return std::nullopt;
        return static_cast<std::int64_t>(v);
    }

    std::string_view text_of(std::int64_t v) const
    {
        std::array<char, 24> digits{};
        const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), v).ptr;
        return arena_.copy(std::string_view{digits.data(), end});
    }

    /// Reads a part of the value: its name is in the path meanwhile.
    std::optional<input> read_part(const std::string& step, type_ref type, const json_value& v)
    {
        const auto length = path_.size();
        path_ += step;
        auto made = read(type, v);
        path_.resize(length);
        return made;
    }

    std::optional<input> read_list(type_ref list, const json_value& v)
    {
        if (!v.is_array())
        {
            const auto only = read(list.item(), v);
            if (!only) return only;
            const auto items = arena_.array<input>(1);
            items[0] = *only;
            return input::of(items);
        }
        const auto& given = v.get_array();
        const auto items = arena_.array<input>(given.size());
        bool good = true;
        for (std::size_t i = 0; i < items.size() && !full(); ++i)
        {
            const auto item = read_part(std::format("[{}]", i), list.item(), given[i]);
            good = good && item.has_value();
            if (item) items[i] = *item;
        }
        return good ? std::optional{input::of(items)} : std::nullopt;
    }

    std::optional<input> read_object(const named_type& t, const json_value& v)
    {
        if (!v.is_object()) return fail(std::format("must be an object of {}", t.name()));
        const auto& given = v.get_object();
        bool good = true;
        for (const auto& member : given)
            if (!t.inputs().find(view_of(member.key())))
                good = fail(std::format("has a field \"{}\", which {} does not have", view_of(member.key()), t.name()))
                           .has_value();
        const auto members = arena_.array<input_member>(t.inputs().size());
        std::size_t count = 0;
        for (const auto& f : t.inputs())
        {
            const auto* member = given.if_contains(f.name);
            if (!member && f.required()) good = fail(std::format("lacks the field \"{}\"", f.name)).has_value();
            if (!member && !f.default_input) continue;
            const auto value = member ? read_part('.' + f.name, f.type, *member) : std::optional{*f.default_input};
            good = good && value.has_value();
            if (value) members[count++] = {f.name, *value};
        }
        if (!good) return std::nullopt;
        if (t.one_of() && (given.size() != 1 || count != 1 || members[0].value.is_null()))
            return fail("must have exactly one field, which must not be null");
        return input::of(std::span<const input_member>{members.first(count)});
    }

    std::optional<input> read_scalar(const named_type& t, const json_value& v)
    {
        const auto scalar = built_in_of(t);
        if (scalar == built_in_scalar::none) return read_custom(t, v);
        auto made = read_anything(v);
        if (made.kind == input_kind::floating && scalar != built_in_scalar::number)
            if (const auto whole = integer_of(made.floating)) made = input::of(*whole);
        if (scalar == built_in_scalar::id && made.kind == input_kind::integer) made = input::of(text_of(made.integer));
        return fits(scalar, made) ? std::optional{made} : fail(wanted(t));
    }

    static bool fits(built_in_scalar scalar, const input& v)
    {
        switch (scalar)
        {
            case built_in_scalar::int32: return is_int32(v);
            case built_in_scalar::number: return is_number(v) && std::isfinite(v.floating);
            case built_in_scalar::boolean: return v.kind == input_kind::boolean;
            case built_in_scalar::string:
            case built_in_scalar::id: return v.kind == input_kind::text;
            case built_in_scalar::none: break;
        }
        return true;
    }

    std::optional<input> read_custom(const named_type& t, const json_value& v)
    {
        const auto made = read_anything(v);
        if (t.check())
            if (const auto wrong = t.check()(made)) return fail(*wrong);
        return made;
    }

    input read_anything(const json_value& v)
    {
        switch (v.kind())
        {
            case boost::json::kind::null: return {};
            case boost::json::kind::bool_: return input::of(v.get_bool());
            case boost::json::kind::int64: return input::of(std::int64_t{v.get_int64()});
            case boost::json::kind::uint64: return input::of(static_cast<double>(v.get_uint64()));
            case boost::json::kind::double_: return input::of(v.get_double());
            case boost::json::kind::string: return input::of(view_of(v.get_string()));
            case boost::json::kind::array: {
                const auto items = arena_.array<input>(v.get_array().size());
                std::ranges::transform(v.get_array(), items.begin(), [&](const auto& i) { return read_anything(i); });
                return input::of(items);
            }
            case boost::json::kind::object: {
                const auto members = arena_.array<input_member>(v.get_object().size());
                std::ranges::transform(v.get_object(), members.begin(), [&](const auto& m) {
                    return input_member{view_of(m.key()), read_anything(m.value())};
                });
                return input::of(members);
            }
        }
        return {};
    }

    arena& arena_;
    std::size_t left_;
    std::function<void(std::string)> tell_;
    std::string path_;
};

}  // namespace roost::graphql
