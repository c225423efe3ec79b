#pragma once
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
#include "core/money.hpp"
#include "platform/schema/schema.hpp"

/// Texts for people: what features say in each language, and how a language writes dates and money.
namespace roost::text {

/// What stands in the place of {name}.
struct fact
{
    std::string name, value;

    static constexpr auto fields =
        schema::fields(schema::field<&fact::name>("name"), schema::field<&fact::value>("value"));
};
using facts = std::vector<fact>;

/// Puts the facts in the place of their names. What is not a fact is empty.
std::string fill(std::string_view text, const facts& f);
/// A fact's value; empty when there is none.
std::string_view value_of(const facts& f, std::string_view name);

/// One paragraph, table row or button of a message, with {name} where a fact goes.
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
    std::map<std::string, message_template, std::less<>> templates_;  // by heading
    std::map<std::string, std::string, std::less<>> words_;

    void read(std::string_view catalogue);

public:
    /// What every feature needs, and a feature's own. Throws std::logic_error when a text is no catalogue.
    language(std::string_view common, std::string_view own);

    /// Throws std::out_of_range when there is none: a bug.
    const message_template& find(std::string_view heading) const { return templates_.at(std::string{heading}); }
    const std::string& word(std::string_view name) const;
    bool has_word(std::string_view name) const { return words_.contains(name); }
    const auto& templates() const { return templates_; }
    const auto& words() const { return words_; }

    /// "Friday, 5 March 2027"
    std::string day(date d) const;
    /// The day and the time on the clocks there: "Friday, 5 March 2027, 15:00 (Europe/Paris)"
    std::string moment(instant t, const time_zone& zone) const;
    /// "EUR 1,234.50", with as many decimals as the currency has.
    std::string amount(money m) const;
    /// Of hundredths of a percent: "5.5 %"
    std::string percent(int basis_points) const;
};

/// What a feature says, in every language there is.
class languages
{
    language english_, french_;

public:
    languages(std::string_view english, std::string_view french);

    static std::vector<std::string_view> all() { return {"en", "fr"}; }
    /// For a locale such as "fr-CA": its language, or English.
    const language& of(std::string_view locale) const;
};

}  // namespace roost::text
