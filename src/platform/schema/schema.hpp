#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "core/dates.hpp"
#include "core/enums.hpp"
#include "core/id.hpp"
#include "core/money.hpp"

/// One declaration: a plain struct lists its members once, as `static constexpr auto fields`, and JSON in and
/// out, query strings, OpenAPI, rows and settings derive from it. The list becomes a runtime descriptor (`type`)
/// that ordinary functions walk, so each of those engines is compiled once, not once per struct.
namespace roost::schema {

enum class kind : std::uint8_t
{
    boolean,
    int32,
    int64,
    number,  // double: coordinates and scores, never money
    text,
    enumeration,
    id,
    money,
    currency,
    date,
    instant,
    time_zone,
    object,
    list,
    optional,  // absent and null are the same
    patch,     // absent leaves things as they are (RFC 7396)
};

/// A syntax that a text must have. `pattern` is for contracts; `check` decides.
struct text_format
{
    std::string_view name;     // "email": OpenAPI's `format`
    std::string_view pattern;  // ECMA 262, may be empty
    bool (*check)(std::string_view);
    std::string_view detail;  // "must be an e-mail address"
};

/// What a value may be, beyond its type. Lengths of text count code points; of lists, items.
struct limits
{
    std::optional<std::int64_t> min, max;  // numbers, and the amount of money
    std::optional<std::size_t> min_length, max_length;
    const text_format* format = nullptr;
};

struct type;

struct field_info
{
    std::string_view name;
    std::string_view doc;
    std::string_view example;  // JSON text, may be empty
    const type* of;
    void* (*at)(void* object);
    limits bounds;
    bool required;
    bool secret;  // never printed
};

/// Everything the engines need to know of a C++ type.
struct type
{
    kind k;
    std::string_view name = {};                    // object, enumeration: the C++ name
    std::span<const field_info> fields = {};       // object
    std::span<const std::string_view> names = {};  // enumeration
    const type* element = nullptr;                 // list, optional, patch
    const void* (*peek)(const void*) = nullptr;    // optional, patch: the value, or nullptr
    void* (*emplace)(void*) = nullptr;             // optional, patch: a fresh value. list: one more, at the end
    std::size_t (*size)(const void*) = nullptr;    // list
    const void* (*item)(const void*, std::size_t) = nullptr;  // list
    int (*get)(const void*) = nullptr;                        // enumeration
    void (*set)(void*, int) = nullptr;                        // enumeration
};

/// A member of a merge patch: nothing when the body does not mention it.
template <class T>
struct patch : std::optional<T>
{
    using std::optional<T>::optional;
};

namespace detail {

template <auto Member>
struct member;
template <class Object, class Value, Value Object::* Member>
struct member<Member>
{
    using object = Object;
    using value = Value;
};

template <auto Member>
void* member_at(void* object)
{
    return &(static_cast<typename member<Member>::object*>(object)->*Member);
}

template <class T>
consteval std::string_view type_name()
{
    constexpr std::string_view full = __PRETTY_FUNCTION__;
    constexpr auto from = full.find("T = ") + 4;
    auto name = full.substr(from, full.find_first_of(";]", from) - from);
    if (const auto scope = name.rfind("::"); scope != name.npos) name.remove_prefix(scope + 2);
    return name;
}

template <class T>
inline constexpr bool is_id = false;
template <class Tag>
inline constexpr bool is_id<roost::id<Tag>> = true;

template <class T, template <class...> class Template>
inline constexpr bool is_a = false;
template <class... A, template <class...> class Template>
inline constexpr bool is_a<Template<A...>, Template> = true;

template <class T>
consteval type describe();

}  // namespace detail

template <class T>
concept described = requires { T::fields.size(); };

template <class T>
inline constexpr type type_of = detail::describe<T>();

namespace detail {

template <class T>
const void* peek(const void* p)
{
    const auto& o = *static_cast<const T*>(p);
    return o.has_value() ? &*o : nullptr;
}

template <class T>
consteval type describe()
{
    if constexpr (std::is_same_v<T, bool>)
        return {.k = kind::boolean};
    else if constexpr (std::is_same_v<T, std::int32_t>)
        return {.k = kind::int32};
    else if constexpr (std::is_same_v<T, std::int64_t>)
        return {.k = kind::int64};
    else if constexpr (std::is_same_v<T, double>)
        return {.k = kind::number};
    else if constexpr (std::is_same_v<T, std::string>)
        return {.k = kind::text};
    else if constexpr (std::is_same_v<T, roost::money>)
        return {.k = kind::money};
    else if constexpr (std::is_same_v<T, roost::currency>)
        return {.k = kind::currency};
    else if constexpr (std::is_same_v<T, roost::date>)
        return {.k = kind::date};
    else if constexpr (std::is_same_v<T, roost::instant>)
        return {.k = kind::instant};
    else if constexpr (std::is_same_v<T, roost::time_zone>)
        return {.k = kind::time_zone};
    else if constexpr (is_id<T>)
        return {.k = kind::id};
    else if constexpr (named_enum<T>)
        return {.k = kind::enumeration,
                .name = type_name<T>(),
                .names = enum_names<T>,
                .get = [](const void* p) { return static_cast<int>(*static_cast<const T*>(p)); },
                .set = [](void* p, int v) { *static_cast<T*>(p) = static_cast<T>(v); }};
    else if constexpr (is_a<T, std::optional> || is_a<T, patch>)
        return {.k = is_a<T, patch> ? kind::patch : kind::optional,
                .element = &type_of<typename T::value_type>,
                .peek = peek<T>,
                .emplace = [](void* p) -> void* { return &static_cast<T*>(p)->emplace(); }};
    else if constexpr (is_a<T, std::vector>)
        return {.k = kind::list,
                .element = &type_of<typename T::value_type>,
                .emplace = [](void* p) -> void* { return &static_cast<T*>(p)->emplace_back(); },
                .size = [](const void* p) { return static_cast<const T*>(p)->size(); },
                .item = [](const void* p, std::size_t i) -> const void* { return &(*static_cast<const T*>(p))[i]; }};
    else
    {
        static_assert(described<T>, "this type has no `fields` and is none that schema knows");
        return {.k = kind::object, .name = type_name<T>(), .fields = T::fields};
    }
}

struct options
{
    limits bounds;
    std::string_view doc;
    std::string_view example;
    bool defaulted = false;
    bool secret = false;
};

}  // namespace detail

// What may stand between a field's name and its description.

struct length
{
    std::size_t min, max;
};
struct at_most
{
    std::size_t max;
};
struct between
{
    std::int64_t min, max;
};
struct example
{
    std::string_view json;
};
struct matches
{
    const text_format& format;
};
struct positive_t
{};
struct not_negative_t
{};
struct defaulted_t
{};
struct secret_t
{};
inline constexpr positive_t positive;          ///< at least 1, at most 10^12 minor units
inline constexpr not_negative_t not_negative;  ///< at least 0, at most 10^12 minor units
inline constexpr defaulted_t defaulted;        ///< may be left out: keeps the value the struct begins with
inline constexpr secret_t secret;              ///< a setting that is never printed

namespace detail {

constexpr std::int64_t most = 1'000'000'000'000;

constexpr void apply(options& o, length v) { o.bounds.min_length = v.min, o.bounds.max_length = v.max; }
constexpr void apply(options& o, at_most v) { o.bounds.max_length = v.max; }
constexpr void apply(options& o, between v) { o.bounds.min = v.min, o.bounds.max = v.max; }
constexpr void apply(options& o, example v) { o.example = v.json; }
constexpr void apply(options& o, matches v) { o.bounds.format = &v.format; }
constexpr void apply(options& o, positive_t) { o.bounds.min = 1, o.bounds.max = most; }
constexpr void apply(options& o, not_negative_t) { o.bounds.min = 0, o.bounds.max = most; }
constexpr void apply(options& o, defaulted_t) { o.defaulted = true; }
constexpr void apply(options& o, secret_t) { o.secret = true; }
constexpr void apply(options& o, std::string_view doc) { o.doc = doc; }

}  // namespace detail

/// One member: its outside name, then any of the words above, then what it means.
template <auto Member, class... Options>
constexpr field_info field(std::string_view name, const Options&... words)
{
    using value = typename detail::member<Member>::value;
    detail::options o;
    (detail::apply(o, words), ...);
    constexpr bool may_lack = detail::is_a<value, std::optional> || detail::is_a<value, patch>;
    return {name,    o.doc, o.example, &type_of<value>, detail::member_at<Member>, o.bounds, !may_lack && !o.defaulted,
            o.secret};
}

template <class... Field>
constexpr std::array<field_info, sizeof...(Field)> fields(const Field&... f)
{
    return {f...};
}

}  // namespace roost::schema
