#pragma once
#include <concepts>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
#include "core/enums.hpp"
#include "core/id.hpp"
#include "core/money.hpp"

namespace roost::pg {

/// An argument for a json or jsonb parameter.
struct json
{
    std::string text;
};

/// An argument for a bytea parameter. Does not own.
struct bytes
{
    std::string_view data;
};

/// The arguments of one statement, encoded as text: PostgreSQL infers each parameter's type from the statement and
/// reads the text as that type, so an int fits smallint, bigint and numeric alike, and a string a date.
class params
{
public:
    struct value
    {
        std::size_t at;  // offset into the buffer
        int length;      // -1: null
        bool binary;
    };

    void add(bool v) { add_text(v ? "t" : "f"); }
    void add(std::int64_t v);
    void add(std::int32_t v) { add(std::int64_t{v}); }
    void add(double v);
    void add(std::string_view v) { add_text(v); }
    void add(const char* v) { add_text(v); }
    void add(const std::string& v) { add_text(v); }
    void add(const uuid& v);
    void add(date v) { add_text(format_date(v)); }
    void add(instant v);
    void add(currency v) { add_text(v.code()); }
    void add(const time_zone& v) { add_text(v.name()); }
    void add(const json& v) { add_text(v.text); }
    void add(bytes v);
    void add(std::nullopt_t) { add_null(); }

    template <class Tag>
    void add(const id<Tag>& v)
    {
        add(v.value);
    }
    template <named_enum E>
    void add(E v)
    {
        add_text(name_of(v));
    }
    template <class T>
    void add(const std::optional<T>& v)
    {
        v ? add(*v) : add_null();
    }
    /// An array. Items may be anything above but bytes; an empty optional is a null item.
    template <class T>
    void add(const std::vector<T>& items)
    {
        add(std::span<const T>{items});
    }
    template <class T>
    void add(std::span<const T> items)
    {
        params each;
        for (const auto& item : items) each.add(item);
        add_array(each);
    }

    std::size_t size() const { return values_.size(); }
    const value& operator[](std::size_t i) const { return values_[i]; }
    const char* data(std::size_t i) const { return values_[i].length < 0 ? nullptr : buffer_.data() + values_[i].at; }

private:
    std::string buffer_;  // one value after the other, each ended by NUL as libpq wants text
    std::vector<value> values_;

    static std::string format_date(date v) { return format(v); }
    /// Throws sql_error 22021, as the server does for bad UTF-8, when the text holds a NUL.
    void add_text(std::string_view v);
    void add_null() { values_.push_back({0, -1, false}); }
    void add_array(const params& items);
};

}  // namespace roost::pg
