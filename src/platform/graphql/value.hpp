#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "core/error.hpp"

namespace roost::graphql {

class named_type;
struct level;

/// The code of what went wrong here and is nobody's fault who asks.
inline constexpr std::string_view internal_code = "internal";

/// Why a field has no value. `code` becomes `extensions.code`.
struct failure
{
    std::string message;
    std::string_view code = {};
    std::vector<field_error> fields = {};
    std::optional<std::chrono::seconds> retry_after = {};

    /// What a service refused: the code is the one REST has.
    static failure of(const roost::error& e);
};

/// An object of a result: where its data is, which outlives the answer (`context::keep`).
struct object
{
    const void* data = nullptr;
    const named_type* type = nullptr;  // nullptr: the field's own type, which is no interface or union

    // Where the executor put it.
    level* in = nullptr;
    std::size_t place = 0;
};

/// JSON of a custom scalar, written as it is.
struct raw_json
{
    std::string text;
};

/// A field's value as a resolver gives it; null when nothing was set. It is completed to the field's type, as the
/// specification has it ("Value Completion"): what does not fit becomes an error of the field.
class value
{
public:
    using list = std::vector<value>;

    value() = default;
    value(bool b) : what_{b} {}
    value(int n) : what_{std::int64_t{n}} {}
    value(std::int64_t n) : what_{n} {}
    value(double n) : what_{n} {}
    value(std::string text) : what_{std::move(text)} {}
    value(std::string_view text) : what_{std::string{text}} {}
    value(const char* text) : what_{std::string{text}} {}
    value(object o) : what_{o} {}
    value(raw_json json) : what_{std::move(json)} {}
    value(list items) : what_{std::move(items)} {}
    value(failure why) : what_{std::make_shared<const failure>(std::move(why))} {}

    bool is_null() const { return std::holds_alternative<std::monostate>(what_); }
    template <class T>
    T* as()
    {
        return std::get_if<T>(&what_);
    }
    template <class T>
    const T* as() const
    {
        return std::get_if<T>(&what_);
    }
    const failure* failed() const
    {
        const auto* why = as<std::shared_ptr<const failure>>();
        return why ? why->get() : nullptr;
    }

private:
    std::variant<std::monostate, bool, std::int64_t, double, std::string, object, raw_json, list,
                 std::shared_ptr<const failure>>
        what_;
};

}  // namespace roost::graphql
