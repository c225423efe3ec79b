#include "search/service.hpp"

#include "search/store.hpp"

namespace roost::search {

task<result<http::page<property_summary>>> service::search(query q)
{
    if (auto good = settle(q); !good) co_return std::unexpected{std::move(good.error())};
    const auto list = name_of_list(q);
    std::optional<http::cursor> from;
    if (q.cursor)
    {
        auto cursor = http::decode_cursor(*q.cursor, list);
        if (!cursor) co_return std::unexpected{std::move(cursor.error())};
        if (q.ordering == ordering::newest)
            if (auto moment = http::moment_of(*cursor); !moment) co_return std::unexpected{std::move(moment.error())};
        from = *cursor;
    }
    const circumstances here{clock_.now(), guest_fee_bp_};
    auto m = co_await run(db_, q, from, here);
    auto links = http::cut_page(m.rows, static_cast<std::size_t>(q.limit), from, list);

    http::page<property_summary> page;
    page.results.reserve(m.rows.size());
    for (auto& row : m.rows) page.results.push_back(std::move(row.summary));
    page.next = std::move(links.next);
    page.previous = std::move(links.previous);
    page.places = std::move(links.places);
    page.count = m.count;
    co_return page;
}

}  // namespace roost::search
