#pragma once
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <fstream>
#include <optional>
#include <string>
#include <string_view>

namespace roost::importing {

/// 1234567 → "1,234,567".
std::string grouped(std::int64_t number);

/// Tells on stderr how far something is: a bar on a terminal, a line for every quarter elsewhere.
class progress
{
    std::string what_;
    bool terminal_;
    bool drawn_ = false;
    int quarters_ = 0;
    std::chrono::steady_clock::time_point next_{};

public:
    explicit progress(std::string what);
    ~progress() { clear(); }
    progress(const progress&) = delete;
    progress& operator=(const progress&) = delete;

    /// `share` of the whole is 0 to 1. Cheap to call for every row.
    void show(double share, std::int64_t rows);
    /// The last word: all of it is done.
    void finish(std::int64_t rows);
    /// Takes the bar away, for a line of something else.
    void clear();
};

/// Counts rows that were skipped, tells the first ones on stderr and all of them to a CSV file if there is one.
class skipped_rows
{
    static constexpr std::int64_t shown = 20;
    std::optional<std::ofstream> report_;
    std::int64_t count_ = 0;

public:
    /// Throws std::runtime_error when the file cannot be written.
    explicit skipped_rows(const std::optional<std::string>& report);

    void add(progress& bar, std::string_view file, std::size_t line, std::string_view reason);
    std::int64_t count() const { return count_; }
};

}  // namespace roost::importing
