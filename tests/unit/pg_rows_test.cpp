#include <gtest/gtest.h>
#include <libpq-fe.h>

#include <algorithm>
#include <bit>

#include "core/id.hpp"
#include "platform/pg/rows.hpp"

namespace roost {
namespace {

using namespace std::string_literals;

std::string big_endian(auto v)
{
    v = std::byteswap(v);
    return {reinterpret_cast<const char*>(&v), sizeof v};
}

struct column
{
    const char* name;
    unsigned type;
    std::optional<std::string> value;
};

/// A result of one row as the server would send it.
pg::rows row_of(std::vector<column> columns)
{
    const std::shared_ptr<PGresult> r{PQmakeEmptyPGresult(nullptr, PGRES_TUPLES_OK), PQclear};
    std::vector<PGresAttDesc> descriptions;
    for (auto& c : columns) descriptions.push_back({const_cast<char*>(c.name), 0, 0, 1, c.type, -1, -1});
    PQsetResultAttrs(r.get(), static_cast<int>(columns.size()), descriptions.data());
    for (int i = 0; auto& c : columns)
    {
        PQsetvalue(r.get(), 0, i, c.value ? c.value->data() : nullptr,
                   c.value ? static_cast<int>(c.value->size()) : -1);
        ++i;
    }
    return pg::rows{r};
}

template <class T>
T value_of(unsigned type, std::string value)
{
    return row_of({{"v", type, std::move(value)}}).one<T>().value();
}

TEST(pg_rows, reads_numbers_of_every_width)
{
    EXPECT_EQ(value_of<std::int64_t>(21, big_endian(std::int16_t{-2})), -2);
    EXPECT_EQ(value_of<std::int64_t>(23, big_endian(std::int32_t{-3})), -3);
    EXPECT_EQ(value_of<std::int32_t>(20, big_endian(std::int64_t{4})), 4);
    EXPECT_EQ(value_of<double>(701, big_endian(std::bit_cast<std::uint64_t>(0.25))), 0.25);
    EXPECT_EQ(value_of<double>(700, big_endian(std::bit_cast<std::uint32_t>(0.5f))), 0.5);
    EXPECT_THROW(value_of<std::int32_t>(20, big_endian(std::int64_t{1} << 40)), std::logic_error);
    EXPECT_THROW(value_of<std::int64_t>(1700, "12"), std::logic_error) << "numeric must be cast";
}

TEST(pg_rows, reads_days_and_moments_from_2000_on)
{
    EXPECT_EQ(value_of<date>(1082, big_endian(std::int32_t{-1})), parse_date("1999-12-31"));
    EXPECT_EQ(value_of<instant>(1184, big_endian(std::int64_t{1})), parse_instant("2000-01-01T00:00:00.000001Z"));
    EXPECT_THROW(value_of<instant>(1184, big_endian(std::int64_t{0x7fff'ffff'ffff'ffff})), std::logic_error);
}

TEST(pg_rows, reads_text_of_every_kind)
{
    EXPECT_EQ(value_of<std::string>(25, "a"), "a");
    EXPECT_EQ(value_of<std::string>(1042, "a  "), "a");
    EXPECT_EQ(value_of<std::string>(3802, "\1{}"), "{}");
    EXPECT_EQ(value_of<std::string>(17, "a\0b"s), "a\0b"s);
    const auto id = user_id::make();
    const std::string raw{reinterpret_cast<const char*>(id.value.bytes.data()), 16};
    EXPECT_EQ(value_of<std::string>(2950, raw), id.text());
    EXPECT_EQ(value_of<user_id>(2950, raw), id);
    EXPECT_THROW(value_of<user_id>(25, id.text()), std::logic_error);
}

TEST(pg_rows, reads_arrays_and_refuses_torn_ones)
{
    const auto item = [](std::string_view text) {
        return big_endian(static_cast<std::int32_t>(text.size())) + std::string{text};
    };
    const auto head = big_endian(std::int32_t{1}) + big_endian(std::int32_t{0}) + big_endian(std::int32_t{25});
    const auto two = head + big_endian(std::int32_t{2}) + big_endian(std::int32_t{1}) + item("a") + item("");
    EXPECT_EQ(value_of<std::vector<std::string>>(1009, two), (std::vector{"a"s, ""s}));
    const auto none = big_endian(std::int32_t{0}) + big_endian(std::int32_t{0}) + big_endian(std::int32_t{25});
    EXPECT_TRUE(value_of<std::vector<std::string>>(1009, none).empty());
    const auto null = head + big_endian(std::int32_t{1}) + big_endian(std::int32_t{1}) + big_endian(std::int32_t{-1});
    EXPECT_THROW(value_of<std::vector<std::string>>(1009, null), std::logic_error);
    EXPECT_EQ(value_of<std::vector<std::optional<std::string>>>(1009, null).size(), 1u);
    EXPECT_THROW(value_of<std::vector<std::string>>(1009, two.substr(0, 22)), std::logic_error);
    EXPECT_THROW(value_of<std::vector<std::string>>(25, "{a,b}"), std::logic_error) << "text is not an array";
}

struct priced
{
    std::string name;
    std::optional<money> price;

    static constexpr auto fields =
        schema::fields(schema::field<&priced::name>("name"), schema::field<&priced::price>("price"));
};

TEST(pg_rows, reads_structs_by_name_and_money_from_two_columns)
{
    const auto eur = *currency::parse("EUR");
    const auto full =
        row_of({{"currency", 1042, "EUR"}, {"price", 20, big_endian(std::int64_t{5})}, {"name", 25, "x"}});
    EXPECT_EQ(full.one<priced>()->price, (money{5, eur}));
    EXPECT_EQ(full.one<priced>()->name, "x");
    const auto empty = row_of({{"currency", 1042, "EUR"}, {"price", 20, std::nullopt}, {"name", 25, "x"}});
    EXPECT_FALSE(empty.one<priced>()->price);
    EXPECT_THROW(row_of({{"name", 25, "x"}}).one<priced>(), std::logic_error);
    const auto null = row_of({{"currency", 1042, "EUR"}, {"price", 20, std::nullopt}, {"name", 25, std::nullopt}});
    EXPECT_THROW(null.one<priced>(), std::logic_error);
}

}  // namespace
}  // namespace roost
