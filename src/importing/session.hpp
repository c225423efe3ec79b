#pragma once
#include <initializer_list>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "platform/pg/statement.hpp"

struct pg_conn;

namespace roost::importing {

/// One blocking connection, for a program that does one thing after the other. Whatever fails throws
/// std::runtime_error with the server's message.
class session
{
    std::unique_ptr<pg_conn, void (*)(pg_conn*)> connection_;

public:
    explicit session(const std::string& database);

    /// How many rows the statement touched.
    std::int64_t run(const pg::statement& what, std::initializer_list<std::string> values = {});
    /// The first column of its first row; nothing when that is null or there is no row.
    std::optional<std::string> one(const pg::statement& what, std::initializer_list<std::string> values = {});

    /// Rolls back unless committed.
    class transaction
    {
        session* session_;

    public:
        explicit transaction(session& s);
        ~transaction();
        transaction(const transaction&) = delete;
        transaction& operator=(const transaction&) = delete;
        void commit();
    };

    /// Streams rows into a table.
    class copy
    {
        session& session_;
        std::string buffer_;
        bool first_ = true;
        bool ended_ = false;

        void begin_field();
        void flush();

    public:
        copy(session& s, const pg::statement& what);
        ~copy();
        copy(const copy&) = delete;
        copy& operator=(const copy&) = delete;

        copy& text(std::string_view value);
        copy& null();
        /// An array of texts.
        template <class Texts>
        copy& texts(const Texts& values)
        {
            std::string array = "{";
            for (const auto& value : values) append_item(array, value);
            return text(array += '}');
        }
        void end_row();
        void end();

    private:
        static void append_item(std::string& array, std::string_view value);
    };
};

}  // namespace roost::importing
