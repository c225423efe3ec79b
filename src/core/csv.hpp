#pragma once
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace roost {

/// Why a row cannot be used. The reader goes on with the line after the one the bad row began on.
enum class csv_fault
{
    unclosed_quote,    ///< a quoted field that the row limit or the end of the file cut off
    text_after_quote,  ///< `"a"b`: a quoted field that goes on after its closing quote
    row_too_long,
    too_many_fields,
    nul_byte,
    invalid_utf8,
};

/// For people: "a quoted field is never closed".
std::string_view describe(csv_fault fault);

/// One row. The views are good until the next call of next().
struct csv_row
{
    std::size_t line;  ///< where it begins; the first line is 1
    std::span<const std::string_view> fields;
    std::optional<csv_fault> fault;  ///< then `fields` is empty
};

struct csv_limits
{
    std::size_t row_bytes = 1 << 20;
    std::size_t fields = 1000;
};

/// Reads comma-separated values as RFC 4180 has them, plus what real files do: a UTF-8 byte order mark, lines ended by
/// LF, CRLF or bare CR (the first line decides whether a bare CR ends lines; when it does not, an unquoted CR is
/// text), a last line without an end, empty lines (skipped), quotes inside unquoted fields (text). Line ends of any
/// kind within quotes are kept as they are. Memory is bounded by a few times `row_bytes`, whatever the input.
class csv_reader
{
public:
    /// Puts up to `size` bytes at `into` and says how many; 0 is the end. May throw: so does next() then.
    using source = std::function<std::size_t(char* into, std::size_t size)>;

    explicit csv_reader(source read, csv_limits limits = {});

    /// The next row, good or bad; nothing after the last. Takes time linear in the input.
    std::optional<csv_row> next();

private:
    enum class step
    {
        row,
        more,
        fault
    };
    struct raw_field
    {
        std::size_t from, to;
        bool doubled;  ///< holds "" for "
    };

    void fill();
    step scan();
    step scan_plain(std::size_t& at);
    step scan_quoted(std::size_t& at);
    step cut(csv_fault fault);
    step fail(csv_fault fault, std::size_t at);
    std::optional<bool> ends_line(std::size_t at);
    csv_row finish_row();
    csv_row skip_row();
    std::size_t line_end(std::size_t from) const;
    void advance(std::size_t to);

    source read_;
    csv_limits limits_;
    std::string buffer_;
    std::size_t begin_ = 0;   ///< of the current row in the buffer
    std::size_t end_ = 0;     ///< of the current row, its line end included
    std::size_t window_ = 0;  ///< how far the current row may reach into the buffer
    bool started_ = false;
    bool at_end_ = false;               ///< the source is exhausted
    std::optional<bool> cr_ends_line_;  ///< unknown before the first line end
    std::size_t line_ = 1;
    int rewinds_ = 0;
    csv_fault fault_{};
    std::size_t fault_at_ = 0;
    std::vector<raw_field> raw_;
    std::vector<std::string_view> fields_;
};

}  // namespace roost
