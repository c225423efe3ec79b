#pragma once
#include <algorithm>
#include <charconv>
#include <format>
#include <optional>
#include <string>

#include "platform/graphql/coercion.hpp"
#include "platform/graphql/scalars.hpp"

namespace roost::graphql {

/// Reads literals, with variables in them. What is wrong is told once, and where.
class literal_reader
{
public:
    literal_reader(const input_map& variables, arena& into) : variables_{variables}, arena_{into} {}

    std::optional<input> read(type_ref type, const ast::value& v)
    {
        if (v.kind == ast::value_kind::variable) return read_variable(type, v);
        if (v.kind == ast::value_kind::null)
            return type.non_null() ? fail(v, "must not be null") : std::optional{input{}};
        if (type.list()) return read_list(type.nullable(), v);
        if (type.named->kind() == type_kind::input_object) return read_object(*type.named, v);
        return read_leaf(*type.named, v);
    }

    /// A literal for a scalar that takes everything.
    std::optional<input> read_anything(const ast::value& v)
    {
        switch (v.kind)
        {
            case ast::value_kind::variable: {
                const auto* given = variables_.find(v.text);
                return given ? *given : input{};
            }
            case ast::value_kind::null: return input{};
            case ast::value_kind::boolean: return input::of(v.is_true());
            case ast::value_kind::string:
            case ast::value_kind::enumeration: return input::of(v.text);
            case ast::value_kind::integer:
            case ast::value_kind::floating:
                if (auto number = number_of(v.text)) return number;
                return fail(v, "is too large a number");
            case ast::value_kind::list: {
                const auto items = arena_.array<input>(v.items.size());
                for (std::size_t i = 0; i < items.size(); ++i)
                {
                    const auto item = read_anything(v.items[i]);
                    if (!item) return item;
                    items[i] = *item;
                }
                return input::of(items);
            }
            case ast::value_kind::object: return read_any_object(v);
        }
        return std::nullopt;
    }

    const std::string& message() const { return message_; }
    std::uint32_t at() const { return at_; }

    bool missing(const ast::value& v) const { return v.kind == ast::value_kind::variable && !variables_.find(v.text); }

    /// The default value of an argument or input field that has one.
    std::optional<input> default_of(const input_value& v)
    {
        return v.default_input ? *v.default_input : read(v.type, *v.default_value);
    }

private:
    /// A number as a literal writes it; none that no double holds.
    static std::optional<input> number_of(std::string_view text)
    {
        const auto* const end = text.data() + text.size();
        std::int64_t integer = 0;
        if (const auto read = std::from_chars(text.data(), end, integer); read.ec == std::errc{} && read.ptr == end)
            return input::of(integer);
        double number = 0;
        if (std::from_chars(text.data(), end, number).ec != std::errc{}) return std::nullopt;
        return input::of(number);
    }

    std::optional<input> fail(const ast::value& v, std::string message)
    {
        message_ = std::move(message);
        at_ = v.at;
        return std::nullopt;
    }

    std::optional<input> read_variable(type_ref type, const ast::value& v)
    {
        const auto* given = variables_.find(v.text);
        const bool null = !given || given->is_null();
        if (null && type.non_null()) return fail(v, std::format("must not be null, which ${} is", v.text));
        return null ? input{} : *given;
    }

    std::optional<input> read_list(type_ref list, const ast::value& v)
    {
        const bool one = v.kind != ast::value_kind::list;
        const auto items = arena_.array<input>(one ? 1 : v.items.size());
        for (std::size_t i = 0; i < items.size(); ++i)
        {
            const auto item = read(list.item(), one ? v : v.items[i]);
            if (!item) return std::nullopt;
            items[i] = *item;
        }
        return input::of(items);
    }

    std::optional<input> read_object(const named_type& t, const ast::value& v)
    {
        if (v.kind != ast::value_kind::object) return fail(v, std::format("must be an object of {}", t.name()));
        for (const auto& m : v.members)
            if (!t.inputs().find(m.name)) return fail(v, std::format("{} has no field \"{}\"", t.name(), m.name));
        const auto members = arena_.array<input_member>(t.inputs().size());
        std::size_t count = 0;
        for (const auto& f : t.inputs())
        {
            const auto given = std::ranges::find(v.members, f.name, &ast::member::name);
            const bool lacks = given == v.members.end() || missing(given->value);
            if (lacks && f.required()) return fail(v, std::format("lacks the field \"{}\"", f.name));
            if (lacks && !f.default_value) continue;
            const auto value = lacks ? default_of(f) : read(f.type, given->value);
            if (!value) return std::nullopt;
            members[count++] = {f.name, *value};
        }
        if (t.one_of() && (v.members.size() != 1 || count != 1 || members[0].value.is_null()))
            return fail(v, "must have exactly one field, which must not be null");
        return input::of(std::span<const input_member>{members.first(count)});
    }

    std::optional<input> read_any_object(const ast::value& v)
    {
        const auto members = arena_.array<input_member>(v.members.size());
        std::size_t count = 0;
        for (const auto& m : v.members)
        {
            if (missing(m.value)) continue;
            const auto value = read_anything(m.value);
            if (!value) return std::nullopt;
            members[count++] = {m.name, *value};
        }
        return input::of(std::span<const input_member>{members.first(count)});
    }

    std::optional<input> read_leaf(const named_type& t, const ast::value& v)
    {
        if (t.kind() == type_kind::enumeration)
        {
            const auto* found = v.kind == ast::value_kind::enumeration ? t.value(v.text) : nullptr;
            return found ? input::of(found->name, input_kind::enum_value) : fail(v, wanted(t));
        }
        const auto made = read_scalar(t, v);
        return made || !message_.empty() ? made : fail(v, wanted(t));
    }

    std::optional<input> read_scalar(const named_type& t, const ast::value& v)
    {
        const auto scalar = built_in_of(t);
        switch (scalar)
        {
            case built_in_scalar::string:
                return v.kind == ast::value_kind::string ? std::optional{input::of(v.text)} : std::nullopt;
            case built_in_scalar::boolean:
                return v.kind == ast::value_kind::boolean ? std::optional{input::of(v.is_true())} : std::nullopt;
            case built_in_scalar::id:
                return v.kind == ast::value_kind::string || v.kind == ast::value_kind::integer
                           ? std::optional{input::of(v.text)}
                           : std::nullopt;
            case built_in_scalar::int32:
            case built_in_scalar::number: {
                if (v.kind != ast::value_kind::integer && v.kind != ast::value_kind::floating) return std::nullopt;
                const auto number = number_of(v.text);
                const bool fits = number && (scalar == built_in_scalar::number || is_int32(*number));
                return fits ? number : std::nullopt;
            }
            case built_in_scalar::none: break;
        }
        const auto any = read_anything(v);
        if (any && t.check())
            if (auto wrong = t.check()(*any)) return fail(v, std::move(*wrong));
        return any;
    }

    const input_map& variables_;
    arena& arena_;
    std::string message_;
    std::uint32_t at_ = 0;
};

}  // namespace roost::graphql
