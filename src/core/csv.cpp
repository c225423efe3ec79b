#include "core/csv.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include "core/utf8.hpp"

namespace roost {
namespace {

constexpr std::size_t chunk = 1 << 16;

// After an unclosed quote the reader starts again one line further on and reads the same text again. An input made of
// such quotes would make that quadratic, so after this many times it drops what it has read instead.
constexpr int max_rewinds = 100;

constexpr auto ends_plain_text = [] {
    std::array<bool, 256> table{};
    table[','] = table['\n'] = table['\r'] = true;
    return table;
}();

}  // namespace

std::string_view describe(csv_fault fault)
{
    switch (fault)
    {
        case csv_fault::unclosed_quote: return "a quoted field is never closed";
        case csv_fault::text_after_quote: return "text after a closing quote";
        case csv_fault::row_too_long: return "the row is too long";
        case csv_fault::too_many_fields: return "too many fields";
        case csv_fault::nul_byte: return "a NUL byte";
        case csv_fault::invalid_utf8: return "text that is not UTF-8";
    }
    std::unreachable();
}

csv_reader::csv_reader(source read, csv_limits limits) : read_{std::move(read)}, limits_{limits} {}

std::optional<csv_row> csv_reader::next()
{
    for (;;)
    {
        if (begin_ == buffer_.size())
        {
            if (at_end_) return std::nullopt;
            fill();
            continue;
        }
        switch (scan())
        {
            case step::more: fill(); continue;
            case step::fault: return skip_row();
            case step::row: break;
        }
        const bool empty_line = raw_.size() == 1 && raw_[0].to == begin_;
        if (!empty_line) return finish_row();
        advance(end_);
    }
}

/// Doubles what is buffered of the current row, so that scanning it again each time stays linear.
void csv_reader::fill()
{
    buffer_.erase(0, std::exchange(begin_, 0));
    const auto had = buffer_.size();
    const auto room = std::max(chunk, had);
    buffer_.resize(had + room);
    std::size_t got = 0;
    while (got < room && !at_end_)
    {
        const auto n = read_(buffer_.data() + had + got, room - got);
        at_end_ = n == 0;
        got += n;
    }
    buffer_.resize(had + got);
    if (!std::exchange(started_, true) && buffer_.starts_with("\xEF\xBB\xBF")) buffer_.erase(0, 3);
}

csv_reader::step csv_reader::scan()
{
    raw_.clear();
    window_ = std::min(buffer_.size(), begin_ + limits_.row_bytes);
    for (std::size_t at = begin_;; ++at)
    {
        if (raw_.size() == limits_.fields) return fail(csv_fault::too_many_fields, at);
        const bool quoted = at < window_ && buffer_[at] == '"';
        if (const auto s = quoted ? scan_quoted(at) : scan_plain(at); s != step::row) return s;
        if (at < window_ && buffer_[at] == ',') continue;
        end_ = at == window_ ? at : buffer_.compare(at, 2, "\r\n") == 0 ? at + 2 : at + 1;
        return step::row;
    }
}

/// Both scan_ functions leave `at` on the comma or line end behind the field, or at the end of the input.
csv_reader::step csv_reader::scan_plain(std::size_t& at)
{
    const auto from = at;
    for (;; ++at)
    {
        while (at < window_ && !ends_plain_text[static_cast<unsigned char>(buffer_[at])]) ++at;
        if (at == window_)
        {
            if (const auto s = cut(csv_fault::row_too_long); s != step::row) return s;
            break;
        }
        if (buffer_[at] == ',') break;
        const auto ends = ends_line(at);
        if (!ends) return cut(csv_fault::row_too_long);
        if (*ends) break;
    }
    raw_.push_back({from, at, false});
    return step::row;
}

csv_reader::step csv_reader::scan_quoted(std::size_t& at)
{
    const auto from = ++at;
    for (bool doubled = false;; doubled = true)
    {
        at = std::string_view{buffer_.data(), window_}.find('"', at);
        if (at == std::string_view::npos)
        {
            const auto s = cut(csv_fault::unclosed_quote);
            return s == step::row ? fail(csv_fault::unclosed_quote, window_) : s;
        }
        ++at;
        if (at == window_)
            if (const auto s = cut(csv_fault::unclosed_quote); s != step::row) return s;
        if (at < window_ && buffer_[at] == '"')
        {
            ++at;
            continue;
        }
        raw_.push_back({from, at - 1, doubled});
        if (at == window_ || buffer_[at] == ',') return step::row;
        const auto ends = ends_line(at);
        if (!ends) return cut(csv_fault::unclosed_quote);
        return *ends ? step::row : fail(csv_fault::text_after_quote, at);
    }
}

/// What to do when the text ends inside a field: read on, give up, or (at the end of the input) take it as it is.
csv_reader::step csv_reader::cut(csv_fault fault)
{
    if (window_ < buffer_.size()) return fail(fault, window_);
    return at_end_ ? step::row : step::more;
}

csv_reader::step csv_reader::fail(csv_fault fault, std::size_t at)
{
    fault_ = fault;
    fault_at_ = at;
    return step::fault;
}

/// Nothing when the character that decides is not there yet.
std::optional<bool> csv_reader::ends_line(std::size_t at)
{
    if (buffer_[at] == '\r')
    {
        if (at + 1 == window_ && !(at_end_ && window_ == buffer_.size())) return std::nullopt;
        if (at + 1 == window_ || buffer_[at + 1] != '\n')
        {
            if (!cr_ends_line_) cr_ends_line_ = true;
            return cr_ends_line_;
        }
    }
    else if (buffer_[at] != '\n')
    {
        return false;
    }
    if (!cr_ends_line_) cr_ends_line_ = false;
    return true;
}

csv_row csv_reader::finish_row()
{
    csv_row row{line_, {}, std::nullopt};
    const auto text = std::string_view{buffer_}.substr(begin_, end_ - begin_);
    if (text.contains('\0'))
        row.fault = csv_fault::nul_byte;
    else if (!is_utf8(text))
        row.fault = csv_fault::invalid_utf8;
    advance(end_);
    if (row.fault) return row;

    fields_.clear();
    for (const auto& [from, to, doubled] : raw_)
    {
        auto size = to - from;
        if (doubled)
        {
            auto write = from;
            for (auto read = from; read < to; read += buffer_[read] == '"' ? 2 : 1) buffer_[write++] = buffer_[read];
            size = write - from;
        }
        fields_.push_back(std::string_view{buffer_}.substr(from, size));
    }
    row.fields = fields_;
    return row;
}

/// Goes to the line after the one the bad row began on: what looked like one long field is most likely many good rows.
csv_row csv_reader::skip_row()
{
    const csv_row row{line_, {}, fault_};
    auto to = line_end(begin_);
    if (to < fault_at_ && ++rewinds_ > max_rewinds) to = line_end(fault_at_);
    while (to == std::string::npos)
    {
        advance(buffer_.size());
        if (at_end_) return row;
        fill();
        to = line_end(begin_);
    }
    advance(to);
    return row;
}

/// Behind the first line end, or npos.
std::size_t csv_reader::line_end(std::size_t from) const
{
    const auto at = cr_ends_line_.value_or(false) ? buffer_.find_first_of("\r\n", from) : buffer_.find('\n', from);
    if (at == std::string::npos) return at;
    return buffer_.compare(at, 2, "\r\n") == 0 ? at + 2 : at + 1;
}

void csv_reader::advance(std::size_t to)
{
    const auto text = std::string_view{buffer_}.substr(begin_, to - begin_);
    line_ += static_cast<std::size_t>(std::ranges::count(text, '\n'));
    if (cr_ends_line_.value_or(false))
        for (std::size_t i = begin_; i < to; ++i)
            if (buffer_[i] == '\r' && i + 1 < buffer_.size() && buffer_[i + 1] != '\n') ++line_;
    begin_ = to;
}

}  // namespace roost
