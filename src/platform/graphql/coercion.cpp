#include "platform/graphql/coercion.hpp"

#include <algorithm>
#include <array>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <cmath>
#include <format>
#include <functional>
#include <limits>

namespace roost::graphql {

namespace {

enum class built_in_scalar : std::uint8_t
{
    none,
    int32,
    number,
    string,
    boolean,
    id,
};

built_in_scalar built_in_of(const named_type& t)
{
    if (!t.built_in_scalar()) return built_in_scalar::none;
    switch (t.name().front())
    {
        case 'F': return built_in_scalar::number;
        case 'S': return built_in_scalar::string;
        case 'B': return built_in_scalar::boolean;
        default: return t.name() == "ID" ? built_in_scalar::id : built_in_scalar::int32;
    }
}

/// What a value of a built-in scalar has to be, and of an enumeration.
std::string wanted(const named_type& t)
{
    switch (built_in_of(t))
    {
        case built_in_scalar::int32: return "must be an integer of 32 bits";
        case built_in_scalar::number: return "must be a number";
        case built_in_scalar::string: return "must be a string";
        case built_in_scalar::boolean: return "must be true or false";
        case built_in_scalar::id: return "must be a string or an integer";
        case built_in_scalar::none: break;
    }
    return std::format("must be a value of {}", t.name());
}

constexpr double int32_min = std::numeric_limits<std::int32_t>::min(),
                 int32_max = std::numeric_limits<std::int32_t>::max();

bool is_int32(const input& v)
{
    return v.kind == input_kind::integer && v.floating >= int32_min && v.floating <= int32_max;
}

bool is_number(const input& v) { return v.kind == input_kind::integer || v.kind == input_kind::floating; }

/// A number as a literal writes it; none that no double holds.
std::optional<input> number_of(std::string_view text)
{
    const auto* const end = text.data() + text.size();
    std::int64_t integer = 0;
    if (const auto read = std::from_chars(text.data(), end, integer); read.ec == std::errc{} && read.ptr == end)
        return input::of(integer);
    double number = 0;
    if (std::from_chars(text.data(), end, number).ec != std::errc{}) return std::nullopt;
    return input::of(number);
}

/// A floating number without a fraction, as JSON may write an integer.
std::optional<std::int64_t> integer_of(double v)
{
    constexpr double exact = 9007199254740992;  // 2^53
    if (std::trunc(v) != v || std::abs(v) > exact) return std::nullopt;
    return static_cast<std::int64_t>(v);
}

std::string_view text_of(std::int64_t v, arena& into)
{
    std::array<char, 24> digits{};
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), v).ptr;
    return into.copy(std::string_view{digits.data(), end});
}

bool has_variables(const ast::value& v)
{
    return v.kind == ast::value_kind::variable || std::ranges::any_of(v.items, has_variables)
           || std::ranges::any_of(v.members, [](const ast::member& m) { return has_variables(m.value); });
}

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

using json_value = boost::json::value;

std::string_view view_of(const boost::json::string& s) { return {s.data(), s.size()}; }
std::string_view view_of(boost::json::string_view s) { return {s.data(), s.size()}; }

/// Reads variables from JSON. Everything that is wrong is told, with the path to it.
class json_reader
{
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
        if (scalar == built_in_scalar::id && made.kind == input_kind::integer)
            made = input::of(text_of(made.integer, arena_));
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

const input_map no_variables;

}  // namespace

const input* input::find(std::string_view name) const
{
    for (const auto& m : members)
        if (m.name == name) return &m.value;
    return nullptr;
}

std::expected<input_map, std::vector<error>> coerce_variables(const schema& s, const document& d,
                                                              const ast::operation& operation,
                                                              const boost::json::object& given, arena& into,
                                                              std::size_t max_errors)
{
    std::vector<error> errors;
    const ast::variable* current = nullptr;
    json_reader reader{
        into, max_errors, [&](std::string message) {
            errors.push_back(
                {.message = std::move(message), .code = code::bad_variables, .locations = {d.locate(current->at)}});
        }};
    const auto members = into.array<input_member>(operation.variables.size());
    std::size_t count = 0;
    for (const auto& v : operation.variables)
    {
        if (reader.full()) break;
        current = &v;
        reader.begin(v.name);
        const auto type = s.resolve(v.type);
        const auto* value = given.if_contains(v.name);
        std::optional<input> made;
        if (value)
            made = reader.read(type, *value);
        else if (v.default_value)
            made = coerce_literal(type, *v.default_value, into);
        else if (type.non_null())
            reader.fail("is required");
        if (made) members[count++] = {v.name, *made};
    }
    if (!errors.empty()) return std::unexpected{std::move(errors)};
    return input_map{members.first(count)};
}

std::expected<input_map, error> coerce_arguments(const document& d, const input_values& definitions,
                                                 std::span<const ast::argument> given, std::uint32_t at,
                                                 const input_map& variables, arena& into)
{
    const auto failure = [&](std::string_view name, std::string_view message, std::uint32_t where) {
        return std::unexpected{error{.message = std::format("the argument \"{}\" {}", name, message),
                                     .code = code::bad_variables,
                                     .locations = {d.locate(where)}}};
    };
    const auto members = into.array<input_member>(definitions.size());
    std::size_t count = 0;
    literal_reader reader{variables, into};
    for (const auto& definition : definitions)
    {
        const auto argument = std::ranges::find(given, definition.name, &ast::argument::name);
        const bool absent = argument == given.end();
        if (absent && definition.required()) return failure(definition.name, "is required", at);
        const bool lacks = absent || (reader.missing(argument->value) && !definition.required());
        if (lacks && !definition.default_value) continue;
        const auto value = lacks ? reader.default_of(definition) : reader.read(definition.type, argument->value);
        if (!value) return failure(definition.name, reader.message(), reader.at());
        members[count++] = {definition.name, *value};
    }
    return input_map{members.first(count)};
}

bool constant(std::span<const ast::argument> arguments)
{
    return std::ranges::none_of(arguments, [](const ast::argument& a) { return has_variables(a.value); });
}

std::optional<input> coerce_literal(type_ref type, const ast::value& literal, arena& into)
{
    return literal_reader{no_variables, into}.read(type, literal);
}

std::optional<std::string> literal_fault(const named_type& leaf, const ast::value& literal)
{
    if (leaf.kind() == type_kind::scalar && !leaf.built_in_scalar() && (!leaf.check() || has_variables(literal)))
        return std::nullopt;
    arena scratch;
    literal_reader reader{no_variables, scratch};
    if (reader.read({.named = &leaf, .around = {}}, literal)) return std::nullopt;
    return reader.message();
}

std::expected<bool, error> included(const document& d, std::span<const ast::directive> directives,
                                    const input_map& variables)
{
    for (const auto& directive : directives)
    {
        const bool skips = directive.name == "skip";
        if (!skips && directive.name != "include") continue;
        for (const auto& a : directive.arguments)
        {
            if (a.name != "if") continue;
            bool condition = a.value.is_true();
            if (a.value.kind == ast::value_kind::variable)
            {
                const auto* given = variables.find(a.value.text);
                if (!given || given->is_null())
                    return std::unexpected{error{
                        .message = std::format("the argument \"if\" must not be null, which ${} is", a.value.text),
                        .code = code::bad_variables,
                        .locations = {d.locate(a.value.at)}}};
                condition = given->boolean;
            }
            if (condition == skips) return false;
        }
    }
    return true;
}

}  // namespace roost::graphql
