#include "platform/pg/params.hpp"

#include <charconv>

#include "platform/pg/error.hpp"

namespace roost::pg {

namespace {

/// Enough for any int64 and the shortest exact form of any double.
constexpr std::size_t number_size = 32;

}  // namespace

void params::add_text(std::string_view v)
{
    if (v.find('\0') != v.npos)
        throw sql_error{"a text argument holds NUL", "22021", {}, error{errc::invalid_input, "text may not hold NUL"}};
    values_.push_back({buffer_.size(), static_cast<int>(v.size()), false});
    buffer_.append(v).push_back('\0');
}

void params::add(std::int64_t v)
{
    char text[number_size];
    add_text({text, std::to_chars(text, text + number_size, v).ptr});
}

void params::add(double v)
{
    char text[number_size];
    add_text({text, std::to_chars(text, text + number_size, v).ptr});
}

void params::add(const uuid& v) { add_text(v.text()); }

void params::add(instant v) { add_text(format(v)); }

void params::add(bytes v)
{
    values_.push_back({buffer_.size(), static_cast<int>(v.data.size()), true});
    buffer_.append(v.data).push_back('\0');
}

void params::add_array(const params& items)
{
    std::string text = "{";
    for (std::size_t i = 0; i < items.size(); ++i)
    {
        if (i > 0) text += ',';
        if (items[i].length < 0)
        {
            text += "null";
            continue;
        }
        text += '"';
        for (const char c : std::string_view{items.data(i), static_cast<std::size_t>(items[i].length)})
        {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
        text += '"';
    }
    text += '}';
    add_text(text);
}

}  // namespace roost::pg
