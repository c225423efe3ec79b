#include "notifications/sender.hpp"

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>
#include <format>

#include "notifications/invitation.hpp"
#include "notifications/queries.hpp"
#include "notifications/rendering.hpp"
#include "notifications/unsubscribing.hpp"
#include "platform/observe/log.hpp"
#include "platform/observe/metrics.hpp"

namespace asio = boost::asio;

namespace roost::notifications {
namespace {

constexpr int most_kept = 1'000;

void count(const char* outcome)
{
    observe::metrics().counter("roost_mails_total", "Mails by how they ended.", {{"outcome", outcome}}).add();
}

std::string domain_of(std::string_view email) { return std::string{email.substr(email.rfind('@') + 1)}; }

}  // namespace

sender::sender(pg::database& db, const clock& c, accounts::mailed_tokens& tokens, mail::settings how, bool keeps)
    : db_{db}, clock_{c}, tokens_{tokens}, how_{how}, keeps_{keeps && how.url.empty()}, smtp_{how}
{}

/// The links with a token exist from here on, and nowhere but in the mail. In the fragment: browsers send that to no
/// server, so it is in no log.
task<> sender::add_link(pg::tx& tx, const due_mail& d, facts& f)
{
    using accounts::token_purpose;
    if (d.kind != kind::verify_address && d.kind != kind::reset_password) co_return;
    const bool verify = d.kind == kind::verify_address;
    const auto purpose = verify ? token_purpose::verify_email : token_purpose::reset_password;
    const auto token = co_await tokens_.issue(tx, d.user, purpose);
    const auto minutes = tokens_.good_for(purpose).count();
    f.push_back({"link", std::format("{}/{}#token={}", how_.site, verify ? "verify-email" : "reset-password",
                                     token.value_or(""))});
    f.push_back({"hours", std::format("{}", minutes / 60)});
    f.push_back({"minutes", std::format("{}", minutes)});
}

task<mail::message> sender::write(pg::tx& tx, const due_mail& d)
{
    auto f = d.facts;
    co_await add_link(tx, d, f);
    std::string unsubscribe;
    if (const auto c = category_of(d.kind); !is_required(c))
        unsubscribe = std::format("{}/unsubscribe?t={}", how_.site, co_await unsubscribe_token(tx, d.user, c));
    auto r = render(d.locale, d.kind, d.side, f, unsubscribe);
    const auto domain = domain_of(how_.from);
    mail::message m{.id = std::format("{}@{}", d.id.text(), domain),
                    .date = d.created_at,
                    .from = {how_.from, how_.from_name},
                    .to = {d.email, harmless(d.name)},
                    .reply_to = how_.reply_to,
                    .subject = r.subject,
                    .text = std::move(r.text),
                    .html = std::move(r.html),
                    .unsubscribe = std::move(unsubscribe),
                    .attachments = {}};
    if (auto stay = invitation(d.facts, r.subject, domain, d.created_at); !stay.empty())
        m.attachments.push_back({"stay.ics", "text/calendar; charset=utf-8; method=PUBLISH", std::move(stay)});
    co_return m;
}

task<> sender::end(jobs::attempt& a, mail_id which, std::string status, std::string why)
{
    (void)co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        co_await a.complete_in(tx);
        co_await tx.run(sql::end_mail, which, status, why, clock_.now());
        co_return result<void>{};
    });
    count(status.c_str());
}

task<result<void>> sender::send(jobs::attempt& a, mail_id which, bool last_try)
{
    std::optional<mail::message> m;
    std::string gone;  // why there is nothing to send
    auto begun = co_await db_.transaction([&](pg::tx& tx) -> task<result<void>> {
        m.reset();
        const auto d = co_await tx.one<due_mail>(sql::begin_mail, which);
        if (!d) co_return result<void>{};
        gone = d->email.empty()              ? "there is nobody any more"
               : how_.url.empty() && !keeps_ ? "no mail server is set"
                                             : "";
        if (gone.empty()) m = co_await write(tx, *d);
        if (m && keeps_)
        {
            tx.queue(sql::keep_mail, which, pg::json{schema::to_json(*m)}, clock_.now());
            tx.queue(sql::forget_kept_mails, most_kept);
        }
        co_return result<void>{};
    });
    if (!begun) co_return begun;
    if (!gone.empty()) co_await end(a, which, "skipped", gone);
    if (!m) co_return result<void>{};  // or it was sent before
    if (keeps_)
    {
        co_await end(a, which, "kept", {});
        co_return result<void>{};
    }

    const auto o = co_await smtp_.send(std::move(*m));
    // What the server took is noted even if this try was cut off meanwhile: else it would be sent again.
    if (o.what != mail::verdict::failed)
        co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    if (o.what == mail::verdict::accepted)
        co_await end(a, which, "sent", {});
    else if (o.what == mail::verdict::refused)
    {
        log::warn("a mail was refused", {{"mail", which.text()}, {"error", o.detail}});
        co_await end(a, which, "refused", o.detail);
    }
    else
    {
        co_await db_.run(sql::note_mail_failure, which, o.detail, last_try, clock_.now());
        count("failed");
        co_return fail(errc::unavailable, o.detail);
    }
    co_return result<void>{};
}

}  // namespace roost::notifications
