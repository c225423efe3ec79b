#include "platform/graphql/graph.hpp"

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

#include "platform/graphql/document_cache.hpp"
#include "platform/graphql/global_id.hpp"
#include "platform/graphql/http.hpp"
#include "platform/graphql/parser.hpp"
#include "platform/graphql/sdl.hpp"
#include "platform/http/api.hpp"
#include "platform/pg/database.hpp"
#include "platform/schema/json.hpp"

namespace roost::graphql {
namespace {

namespace asio = boost::asio;
using roost::schema::field;
using writer_id = id<struct writer_tag>;
using book_id = id<struct book_tag>;

enum class binding
{
    hard,
    very_soft,
};
constexpr auto names_of(binding) { return std::to_array<std::string_view>({"hard", "very_soft"}); }

struct writer
{
    writer_id id;
    std::string name;

    static constexpr auto fields =
        roost::schema::fields(field<&writer::id>("id", "Its id."), field<&writer::name>("name", "What to call them."));
};

struct book
{
    book_id id;
    std::optional<writer_id> by;
    std::string full_title;
    binding bound = binding::very_soft;
    std::optional<money> list_price = {};
    std::vector<std::string> tags = {};

    static constexpr auto fields = roost::schema::fields(
        field<&book::id>("id", "Its id."), field<&book::by>("writer_id", "By whom."),
        field<&book::full_title>("full_title", "Its title."), field<&book::bound>("binding", "How it is bound."),
        field<&book::list_price>("list_price", "What it costs."), field<&book::tags>("tags", "Words about it."));
};

struct book_query
{
    std::optional<binding> bound;
    std::optional<std::int64_t> price_min;
    int limit = 2;
    std::optional<std::string> cursor;
    bool count = false;

    static constexpr auto fields = roost::schema::fields(
        field<&book_query::bound>("binding", "Only these."),
        field<&book_query::price_min>("price_min", roost::schema::not_negative, "At least."),
        field<&book_query::limit>("limit", roost::schema::between{1, 100}, roost::schema::defaulted, "So many."),
        field<&book_query::cursor>("cursor", "From where."),
        field<&book_query::count>("count", roost::schema::defaulted, "Whether to count."));
};

struct new_book
{
    std::string full_title;
    roost::schema::patch<std::optional<money>> list_price;

    static constexpr auto fields =
        roost::schema::fields(field<&new_book::full_title>("full_title", roost::schema::length{3, 20}, "Its title."),
                              field<&new_book::list_price>("list_price", "What it costs."));
};

struct by_id
{
    book_id id;

    static constexpr auto fields = roost::schema::fields(field<&by_id::id>("id", "Which."));
};

const writer ada{{uuid{{1}}}, "Ada \"the first\""};

std::vector<book> shelf()
{
    const auto price = money{1250, *currency::parse("EUR")};
    return {{{uuid{{10}}}, ada.id, "On engines", binding::hard, price, {"old", "new"}},
            {{uuid{{11}}}, std::nullopt, "Anonymous", binding::very_soft, std::nullopt, {}},
            {{uuid{{12}}}, ada.id, "Letters", binding::very_soft, std::nullopt, {}}};
}

/// A shop of three books, over an API with one operation.
struct shop
{
    pg::database db{pg::config{}};  // nobody asks it
    http::api api{"/api", db};
    int loads = 0;
    std::shared_ptr<const executable> made;
    subscriptions followers{settings{}};

    shop()
    {
        api.post("/writers/{writer_id}/books/", "Add a book.")
            .handle([](writer_id by, http::body<new_book> b) -> task<result<http::created<book>>> {
                if (b->full_title == "Taken") co_return fail(errc::wrong_state, "there is one of that name");
                if (b->full_title == "Later") co_return fail(errc::overloaded, "not now");
                book made_one{.id = {uuid{{13}}}, .by = by, .full_title = b->full_title};
                if (b->list_price) made_one.list_price = *b->list_price;
                co_return http::created<book>{"/", made_one};
            });
        graph g{api};
        declare(g);
        made = g.build();
        install(api, made, settings{.tokens = 200}, followers, "<!doctype html>");
    }

    void declare(graph& g)
    {
        g.object<writer>("Writer", "Who writes.")
            .node([this](context&, std::vector<writer_id> ids) -> task<std::vector<writer>> {
                ++loads;
                co_return std::ranges::contains(ids, ada.id) ? std::vector{ada} : std::vector<writer>{};
            });
        g.object<book>("Book", "What is written.")
            .node([](context&, std::vector<book_id> ids) -> task<std::vector<book>> {
                auto all = shelf();
                std::erase_if(all, [&](const book& b) { return !std::ranges::contains(ids, b.id); });
                co_return all;
            })
            .reference<writer>("writer", &book::by, "By whom.");
        g.query()
            .connection<book, book_query>("books", "All of them.", list)
            .field<book, by_id>("book", "One.", [](context&, by_id a) -> task<result<book>> {
                for (auto& b : shelf())
                    if (b.id == a.id) co_return b;
                co_return fail(errc::not_found);
            });
        g.mutation("addBook", http::method::post, "/writers/{writer_id}/books/", {.gives = "book"});
    }

    static task<result<http::page<book>>> list(batch&, book_query q)
    {
        std::optional<http::cursor> from;
        if (q.cursor)
        {
            auto c = http::decode_cursor(*q.cursor, "books");
            if (!c) co_return std::unexpected{c.error()};
            from = *c;
        }
        struct row
        {
            book_id id;
            std::int64_t key;
        };
        std::vector<row> rows;
        http::page<book> page{.results = {}, .next = {}, .previous = {}, .count = {}};
        for (auto& b : shelf())
            if (!from || (from->backwards ? b.id.value < from->id : b.id.value > from->id))
            {
                rows.push_back({b.id, 0});
                page.results.push_back(b);
            }
        if (from && from->backwards) std::ranges::reverse(rows), std::ranges::reverse(page.results);
        auto links = http::cut_page(rows, static_cast<std::size_t>(q.limit), from, "books");
        page.results.resize(rows.size());
        if (from && from->backwards) std::ranges::reverse(page.results);
        page.next = links.next, page.previous = links.previous, page.places = links.places;
        if (q.count) page.count = 3;
        co_return page;
    }

    http::response send(http::request r)
    {
        asio::io_context io;
        auto done = asio::co_spawn(io, api(r), asio::use_future);
        io.run();
        return done.get();
    }

    /// The answer to a query, as JSON text.
    std::string ask(std::string_view query, std::string_view variables = "{}")
    {
        http::request r;
        r.method = http::method::post;
        r.path = r.target = "/graphql";
        r.headers = {{"content-type", "application/json"}};
        r.body = R"({"query":)";
        roost::schema::write_string(r.body, query);
        r.body += R"(,"variables":)" + std::string{variables} + "}";
        return std::string{send(std::move(r)).bytes()};
    }
};

std::string id_of(const book& b) { return id_text("Book", b.id.value); }

TEST(graphql_graph, types_follow_from_declared_structs)
{
    const auto sdl = print_schema(shop{}.made->schema());
    for (const std::string_view line :
         {"type Book implements Node {", "  writerId: ID\n", "  fullTitle: String!\n", "  binding: Binding!\n",
          "  listPrice: Money\n", "  tags: [String!]!\n", "  writer: Writer\n", "  VERY_SOFT\n",
          "    filter: BooksFilter\n", "  priceMin: Int64\n", "input AddBookInput {", "  listPrice: MoneyInput\n",
          "  writerId: ID!\n", "  clientMutationId: String\n", "  addBook(input: AddBookInput!): AddBookPayload\n"})
        EXPECT_TRUE(sdl.contains(line)) << line;
    EXPECT_FALSE(sdl.contains("limit"));
}

TEST(graphql_graph, an_object_shows_its_members_as_they_are)
{
    shop s;
    EXPECT_EQ(s.ask("{ book(id: \"" + id_of(shelf()[0])
                    + "\") { tags fullTitle binding listPrice { currency amount } id writer { id name } } }"),
              R"({"data":{"book":{"tags":["old","new"],"fullTitle":"On engines","binding":"HARD",)"
              R"("listPrice":{"currency":"EUR","amount":1250},"id":"Book:0a000000-0000-0000-0000-000000000000",)"
              R"("writer":{"id":"Writer:01000000-0000-0000-0000-000000000000","name":"Ada \"the first\""}}}})");
    EXPECT_EQ(
        s.ask(
            R"({ book(id: "0b000000-0000-0000-0000-000000000000") { listPrice { amount } writerId writer { id } tags } })"),
        R"({"data":{"book":{"listPrice":null,"writerId":null,"writer":null,"tags":[]}}})");
    EXPECT_EQ(s.ask(R"({ book(id: "ff000000-0000-0000-0000-000000000000") { id } })"), R"({"data":{"book":null}})");
}

TEST(graphql_graph, what_many_refer_to_is_loaded_once)
{
    shop s;
    EXPECT_EQ(s.ask("{ books(first: 3) { nodes { writer { name } } } }"),
              R"({"data":{"books":{"nodes":[{"writer":{"name":"Ada \"the first\""}},{"writer":null},)"
              R"({"writer":{"name":"Ada \"the first\""}}]}}})");
    EXPECT_EQ(s.loads, 1);
}

TEST(graphql_graph, nodes_are_found_by_their_ids)
{
    shop s;
    EXPECT_EQ(s.ask(R"({ nodes(ids: [")" + id_of(shelf()[2])
                    + R"(", "Writer:01000000-0000-0000-0000-000000000000", "Book:no", "No:1"]) { id __typename } })"),
              R"({"data":{"nodes":[{"id":"Book:0c000000-0000-0000-0000-000000000000","__typename":"Book"},)"
              R"({"id":"Writer:01000000-0000-0000-0000-000000000000","__typename":"Writer"},null,null]}})");
}

TEST(graphql_graph, each_edge_has_a_cursor_of_its_own)
{
    shop s;
    const auto list = [&](const std::string& arguments) {
        return s.ask("{ books(" + arguments + ") { pageInfo { hasNextPage hasPreviousPage } nodes { fullTitle } } }");
    };
    const auto cursor = [&](int n) {
        const auto all = s.ask("{ books(first: 3) { edges { cursor } } }");
        std::size_t at = 0;
        for (int i = 0; i <= n; ++i) at = all.find("cursor\":\"", at) + 9;
        return all.substr(at, all.find('"', at) - at);
    };
    EXPECT_EQ(
        list("first: 1, after: \"" + cursor(0) + "\""),
        R"({"data":{"books":{"pageInfo":{"hasNextPage":true,"hasPreviousPage":true},"nodes":[{"fullTitle":"Anonymous"}]}}})");
    EXPECT_EQ(
        list("last: 1, before: \"" + cursor(2) + "\""),
        R"({"data":{"books":{"pageInfo":{"hasNextPage":true,"hasPreviousPage":true},"nodes":[{"fullTitle":"Anonymous"}]}}})");
    EXPECT_EQ(s.ask("{ books { totalCount } }"), R"({"data":{"books":{"totalCount":3}}})");
}

TEST(graphql_graph, a_list_names_the_argument_it_refuses)
{
    shop s;
    for (const auto& [arguments, pointer] : {std::pair{"first: 101", "/first"},
                                             {"after: \"x\"", "/after"},
                                             {"filter: {priceMin: -1}", "/filter/priceMin"},
                                             {"last: 1", "/before"}})
        EXPECT_TRUE(s.ask(std::string{"{ books("} + arguments + ") { nodes { id } } }")
                        .contains(std::string{R"("pointer":")"} + pointer + '"'))
            << arguments;
}

TEST(graphql_graph, a_mutation_performs_its_operation)
{
    shop s;
    const auto add = [&](std::string_view input) {
        return s.ask(
            "mutation($i: AddBookInput!) { addBook(input: $i) { book { fullTitle listPrice { amount } writer { name } } "
            "userErrors { code path rule } clientMutationId } }",
            R"({"i":)" + std::string{input} + "}");
    };
    EXPECT_EQ(
        add(R"({"writerId":"Writer:01000000-0000-0000-0000-000000000000","fullTitle":"Notes",
                      "listPrice":{"amount":5,"currency":"EUR"},"clientMutationId":"k"})"),
        R"({"data":{"addBook":{"book":{"fullTitle":"Notes","listPrice":{"amount":5},"writer":{"name":"Ada \"the first\""}},)"
        R"("userErrors":[],"clientMutationId":"k"}}})");
    EXPECT_EQ(add(R"({"writerId":"01000000-0000-0000-0000-000000000000","fullTitle":"No"})"),
              R"({"data":{"addBook":{"book":null,"userErrors":[{"code":"INVALID_INPUT","path":["input","fullTitle"],)"
              R"("rule":"bounds"}],"clientMutationId":null}}})");
    EXPECT_EQ(add(R"({"writerId":"01000000-0000-0000-0000-000000000000","fullTitle":"Taken"})"),
              R"({"data":{"addBook":{"book":null,"userErrors":[{"code":"WRONG_STATE","path":["input"],"rule":null}],)"
              R"("clientMutationId":null}}})");
    const auto later = add(R"({"writerId":"01000000-0000-0000-0000-000000000000","fullTitle":"Later"})");
    EXPECT_TRUE(later.contains(R"("data":{"addBook":null})") && later.contains(R"("code":"overloaded")")) << later;
}

TEST(graphql_graph, two_types_of_one_name_are_refused)
{
    shop s;
    graph g{s.api};
    g.object<writer>("Thing", "");
    EXPECT_THROW(g.object<book>("Thing", ""), std::logic_error);
    EXPECT_THROW(g.mutation("nothing", http::method::post, "/nowhere/", {}), std::logic_error);
}

TEST(graphql_document_cache, keeps_what_was_used_last_within_its_bytes)
{
    const auto document = [](int n) { return parse("query Q" + std::to_string(n) + " { a }").value(); };
    const auto size = document(0)->bytes();
    document_cache cache{size * 5 / 2};
    cache.put(document(1), {});
    cache.put(document(2), "hash");
    EXPECT_TRUE(cache.find("query Q1 { a }"));
    cache.put(document(3), {});
    EXPECT_TRUE(cache.find("query Q1 { a }"));
    EXPECT_FALSE(cache.find("query Q2 { a }"));
    EXPECT_FALSE(cache.find_hash("hash"));
    EXPECT_LE(cache.bytes(), size * 5 / 2);
    cache.put(document(3), "later");
    EXPECT_EQ(cache.find_hash("later"), cache.find("query Q3 { a }"));
}

}  // namespace
}  // namespace roost::graphql
