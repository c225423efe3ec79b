#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
#include "core/money.hpp"
#include "notifications/notification.hpp"

/// The texts of messages, by language, and how a language writes dates and money.
namespace roost::notifications {

/// One paragraph, table row or button of a template, with {name} where a fact goes.
struct block
{
    enum class shape
    {
        paragraph,
        row,
        button,
    };
    shape is;
    std::string condition;     // a fact; the block is left out when that is empty
    std::string text, target;  // label and value of a row, label and address of a button
};

struct message_template
{
    std::string subject;
    std::vector<block> blocks;
};

class language
{
    std::map<std::string, message_template, std::less<>> templates_;  // by "kind side"
    std::map<std::string, std::string, std::less<>> words_;

public:
    /// Throws std::logic_error when the text is no catalogue.
    explicit language(std::string_view catalogue);

    /// For a locale such as "fr-CA": its language, or English.
    static const language& of(std::string_view locale);
    static std::vector<std::string_view> all();

    /// Throws std::out_of_range when there is none: a bug.
    const message_template& find(kind k, side s) const;
    const std::string& word(std::string_view name) const;
    const auto& templates() const { return templates_; }

    /// "Friday, 5 March 2027"
    std::string day(date d) const;
    /// The day and the time on the clocks there: "Friday, 5 March 2027, 15:00 (Europe/Paris)"
    std::string moment(instant t, const time_zone& zone) const;
    /// "EUR 1,234.50", with as many decimals as the currency has.
    std::string amount(money m) const;
};

/// Puts the facts in the place of their names. What is not a fact is empty.
std::string fill(std::string_view text, const facts& f);
/// A fact's value; empty when there is none.
std::string_view value_of(const facts& f, std::string_view name);

}  // namespace roost::notifications
