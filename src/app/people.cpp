#include <print>

#include "app/commands.hpp"
#include "core/clock.hpp"

namespace roost::app {

int create_user(const settings& s, const accounts::cli::wanted_user& wanted)
{
    pg::database db{s.for_database()};
    const clock now;
    const auto made = accounts::cli::create_user(db, now, wanted);
    if (!made)
    {
        std::println(stderr, "roost: {}", made.error().detail);
        for (const auto& f : made.error().fields) std::println(stderr, "roost: {}: {}", f.pointer, f.detail);
        return 1;
    }
    std::println("{}  {}", made->id.text(), made->username);
    return 0;
}

int rotate_keys(const settings& s, bool at_once)
{
    pg::database db{s.for_database()};
    const clock now;
    std::println("{}", accounts::cli::rotate_keys(db, now, s.auth, at_once));
    return 0;
}

int list_keys(const settings& s)
{
    pg::database db{s.for_database()};
    const clock now;
    for (const auto& k : accounts::cli::list_keys(db, now, s.auth))
        std::println("{}  signs from {}  {}", k.kid, format(k.signs_from),
                     k.verifies_until ? "verifies until " + format(*k.verifies_until) : "in use");
    return 0;
}

}  // namespace roost::app
