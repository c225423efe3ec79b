#include "importing/progress.hpp"

#include <unistd.h>

#include <algorithm>
#include <format>
#include <print>
#include <stdexcept>

namespace roost::importing {
namespace {

using namespace std::chrono_literals;

std::string quoted(std::string_view text)
{
    std::string out = "\"";
    for (const char c : text) out.append(c == '"' ? 2 : 1, c);
    return out + '"';
}

}  // namespace

std::string grouped(std::int64_t number)
{
    auto text = std::to_string(number);
    for (auto at = static_cast<std::ptrdiff_t>(text.size()) - 3; at > (number < 0 ? 1 : 0); at -= 3)
        text.insert(static_cast<std::size_t>(at), 1, ',');
    return text;
}

progress::progress(std::string what) : what_{std::move(what)}, terminal_{isatty(STDERR_FILENO) == 1} {}

void progress::show(double share, std::int64_t rows)
{
    if (!terminal_)
    {
        // What was read is not yet done, so the last quarter is left to finish().
        const auto quarters = std::min(3, static_cast<int>(share * 4));
        if (quarters > quarters_) std::println(stderr, "{}: {} %", what_, 25 * quarters);
        quarters_ = quarters;
        return;
    }
    const auto now = std::chrono::steady_clock::now();
    if (now < next_) return;
    next_ = now + 100ms;
    const auto done = static_cast<std::size_t>(share * 30);
    std::print(stderr, "\r{:<20} [{}{}] {:3} %  {}\x1b[K", what_, std::string(done, '#'), std::string(30 - done, '.'),
               static_cast<int>(share * 100), grouped(rows));
    std::fflush(stderr);
    drawn_ = true;
}

void progress::finish(std::int64_t rows)
{
    clear();
    std::println(stderr, "{}: {} done", what_, grouped(rows));
}

void progress::clear()
{
    if (drawn_) std::print(stderr, "\r\x1b[K");
    drawn_ = false;
}

skipped_rows::skipped_rows(const std::optional<std::string>& report)
{
    if (!report) return;
    report_.emplace(*report);
    if (!*report_) throw std::runtime_error{*report + ": cannot be written"};
    *report_ << "file,line,reason\n";
}

void skipped_rows::add(progress& bar, std::string_view file, std::size_t line, std::string_view reason)
{
    ++count_;
    if (report_) *report_ << std::format("{},{},{}\n", quoted(file), line, quoted(reason)) << std::flush;
    if (count_ > shown + 1) return;
    bar.clear();
    if (count_ <= shown)
        std::println(stderr, "{}:{}: skipped: {}", file, line, reason);
    else
        std::println(stderr, "more are skipped{}", report_ ? "; the report has them all" : " without a word");
}

}  // namespace roost::importing
