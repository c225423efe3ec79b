#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "core/dates.hpp"
#include "platform/schema/schema.hpp"

/// Mails: what one is, and how it is sent.
namespace roost::mail {

struct mailbox
{
    std::string email, name;  // the name may be empty

    static constexpr auto fields =
        schema::fields(schema::field<&mailbox::email>("email"), schema::field<&mailbox::name>("name"));
};

struct attachment
{
    std::string name, type, content;  // type: "text/calendar; charset=utf-8"

    static constexpr auto fields =
        schema::fields(schema::field<&attachment::name>("name"), schema::field<&attachment::type>("type"),
                       schema::field<&attachment::content>("content"));
};

/// All texts are UTF-8 and may hold anything: what would break a header is taken out when it becomes one.
struct message
{
    std::string id;  // Message-ID without its brackets; the same at every try, so that receivers can tell repetitions
    instant date{};
    mailbox from, to;
    std::string reply_to;  // an address; empty: from
    std::string subject, text, html;
    std::string unsubscribe;  // where one click ends this kind of mail (RFC 8058); empty: one that cannot be ended
    std::vector<attachment> attachments;

    static constexpr auto fields = schema::fields(
        schema::field<&message::id>("message_id"), schema::field<&message::date>("date"),
        schema::field<&message::from>("from"), schema::field<&message::to>("to"),
        schema::field<&message::reply_to>("reply_to"), schema::field<&message::subject>("subject"),
        schema::field<&message::text>("text"), schema::field<&message::html>("html"),
        schema::field<&message::unsubscribe>("unsubscribe"), schema::field<&message::attachments>("attachments"));
};

/// Whether it can stand between angle brackets: one address, no spaces, no control characters, nothing but ASCII.
bool is_sendable(std::string_view email);

/// The header fields of RFC 5322, RFC 2369 and RFC 8058, folded, without those that MIME adds. Bytes beyond ASCII are
/// encoded words (RFC 2047).
std::vector<std::string> headers_of(const message& m);

}  // namespace roost::mail
