#include "payments/payouts/earnings.hpp"

#include <algorithm>
#include <charconv>
#include <format>

namespace roost::payments {

result<amounts> amounts_of(const std::vector<std::string>& words, std::string_view setting)
{
    amounts all;
    for (const auto& word : words)
    {
        const auto colon = std::min(word.find(':'), word.size());
        const auto unit = currency::parse(word.substr(0, colon));
        const auto number = std::string_view{word}.substr(std::min(colon + 1, word.size()));
        std::int64_t amount = 0;
        const auto [end, bad] = std::from_chars(number.begin(), number.end(), amount);
        if (!unit || bad != std::errc{} || end != number.end() || amount < 0)
            return invalid(std::string{setting}, std::format("{} is not like EUR:1000", word));
        all[*unit] = amount;
    }
    return all;
}

std::int64_t amount_in(const amounts& all, currency unit)
{
    const auto it = all.find(unit);
    return it == all.end() ? 0 : it->second;
}

instant moment_of(const payout_terms& t, date day) { return day + t.hour; }

date last_batch(const payout_terms& t, instant now)
{
    const auto day = std::chrono::floor<std::chrono::days>(now - t.hour);
    if (t.schedule == payout_schedule::daily) return day;
    const std::chrono::weekday wanted{static_cast<unsigned>(t.weekday) + 1};
    return day - (std::chrono::weekday{day} - wanted);
}

/// As what belongs to no booking, so that every booking stays as it was weighed.
void weighed::leave(money part)
{
    payable += -part;
    const auto other = std::ranges::find_if(items, [](const payout_item& i) { return !i.booking; });
    if (other == items.end())
        items.push_back({std::nullopt, -part});
    else
        other->amount += -part;
    std::erase_if(items, [](const payout_item& i) { return i.amount.minor() == 0; });
}

weighed weigh(money balance, std::span<const earning> open)
{
    __extension__ using wide = __int128;
    const money none{0, balance.unit()};
    weighed w{none, none, none, {}, {}};
    auto other = balance;
    const auto pay = [&](std::optional<booking_id> booking, money amount) {
        if (amount.minor() == 0) return;
        w.payable += amount;
        w.items.push_back({booking, amount});
    };
    for (const auto& e : open)
    {
        const auto unpaid = e.earned - e.paid_out;
        other += -unpaid;
        if (e.frozen)
        {
            if (unpaid.minor() < 0)
                pay(e.booking, unpaid);
            else
                w.held += unpaid;
            continue;
        }
        // By the nights that are due in all, so that the parts of a stay add up to the whole.
        const auto due = static_cast<std::int64_t>(wide{e.earned.minor()} * e.nights_due / e.nights);
        pay(e.booking, money{due, balance.unit()} - e.paid_out);
        w.later += e.earned - money{due, balance.unit()};
        if (e.next_due && e.earned.minor() != due && (!w.later_from || *e.next_due < *w.later_from))
            w.later_from = e.next_due;
    }
    pay(std::nullopt, other);
    return w;
}

}  // namespace roost::payments
