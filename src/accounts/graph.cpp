#include "accounts/graph.hpp"

namespace roost::accounts {
namespace {

using graphql::context;
using graphql::nothing;

struct by_id
{
    user_id id;

    static constexpr auto fields = schema::fields(schema::field<&by_id::id>("id", "Whose."));
};

void install_people(graphql::graph& g, feature& f)
{
    g.object<public_profile>("User", "What everybody sees of somebody.").node([&f](context&, std::vector<user_id> ids) {
        return f.people.profiles(std::move(ids));
    });
    g.object<own_account>("Account", "What people see of themselves.");
    g.query()
        .field<own_account, nothing>("viewer", "The account of who is signed in; null for everybody else.",
                                     [&f](context& c, nothing) -> task<result<own_account>> {
                                         if (!c.who) co_return fail(errc::not_found);
                                         co_return co_await f.people.find(c.who->user);
                                     })
        .field<public_profile, by_id>("user", "Somebody's public profile; null when the account is closed.",
                                      [&f](context&, by_id a) { return f.people.profile(a.id); });
    g.mutation("register", http::method::post, "/users/", {.gives = "account"});
    g.mutation("updateAccount", http::method::patch, "/users/me/", {.gives = "account"});
    g.mutation("closeAccount", http::method::delete_, "/users/me/", {});
}

void install_sessions(graphql::graph& g, feature& f)
{
    g.object<session_view>("Session", "One of one's own sessions.");
    g.object<session_tokens>("SessionTokens", "What a session gives to its client.");
    g.query().list<session_view, nothing>("sessions", "One's own sessions, the last used first.",
                                          [&f](context& c, nothing) -> task<result<std::vector<session_view>>> {
                                              if (!c.who) co_return fail(errc::not_signed_in, "sign in first");
                                              co_return co_await f.sign_in.list(*c.who);
                                          });
    g.mutation("login", http::method::post, "/auth/login/", {.gives = "tokens"});
    g.mutation("refresh", http::method::post, "/auth/refresh/", {.gives = "tokens"});
    g.mutation("logout", http::method::post, "/auth/logout/", {});
    g.mutation("logoutEverywhere", http::method::post, "/auth/logout-all/", {});
    g.mutation("endSession", http::method::delete_, "/auth/sessions/{session_id}/", {});
    g.mutation("changePassword", http::method::post, "/auth/password/change/", {.gives = "tokens"});
    g.mutation("requestPasswordReset", http::method::post, "/auth/password/reset/", {});
    g.mutation("resetPassword", http::method::post, "/auth/password/reset/confirm/", {});
    g.mutation("verifyEmail", http::method::post, "/auth/verify-email/", {});
    g.mutation("resendVerification", http::method::post, "/auth/verify-email/resend/", {});
}

}  // namespace

void install_graph(graphql::graph& g, feature& f)
{
    install_people(g, f);
    install_sessions(g, f);
}

}  // namespace roost::accounts
