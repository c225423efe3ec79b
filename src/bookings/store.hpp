#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "bookings/resources.hpp"
#include "platform/pg/database.hpp"
#include "platform/pg/piles.hpp"

/// The feature's rows and what is done with them, typed. Rules are the service's.
namespace roost::bookings {

/// What a property says about stays.
struct house
{
    property_id property;
    user_id host;
    property_status status;
    roost::time_zone time_zone;
    int capacity;
    stay_rules rules;
    std::optional<calendar::rule_set> special;  // for the days of the stay
    std::string check_in_time, check_out_time;
    roost::booking_mode booking_mode;
    roost::payment_mode payment_mode;
    bool request_holds;
    roost::cancellation_policy cancellation_policy;
    roost::cancellation_terms cancellation_terms;

    instant starts(date check_in) const { return time_zone.at(check_in, *parse_time_of_day(check_in_time)); }
    instant ends(date check_out) const { return time_zone.at(check_out, *parse_time_of_day(check_out_time)); }

    static constexpr auto fields = schema::fields(
        field<&house::property>("property_id"), field<&house::host>("host_id"),
        field<&house::status>("property_status"), field<&house::time_zone>("time_zone"),
        field<&house::capacity>("capacity"), field<&house::rules>("rules"), field<&house::special>("special"),
        field<&house::check_in_time>("check_in_time"), field<&house::check_out_time>("check_out_time"),
        field<&house::booking_mode>("booking_mode"), field<&house::payment_mode>("payment_mode"),
        field<&house::request_holds>("request_holds"), field<&house::cancellation_policy>("cancellation_policy"),
        field<&house::cancellation_terms>("cancellation_terms"));
};

/// A property somebody asks a price of. `taken`: not all of the nights are free.
struct asked_property
{
    bookings::house house;
    std::optional<money> nightly_price, cleaning_fee;
    int tax_bp, rules_version;
    bool taken;

    static constexpr auto fields =
        schema::fields(field<&asked_property::house>("house"), field<&asked_property::nightly_price>("nightly_price"),
                       field<&asked_property::cleaning_fee>("cleaning_fee"), field<&asked_property::tax_bp>("tax_bp"),
                       field<&asked_property::rules_version>("rules_version"), field<&asked_property::taken>("taken"));
};

/// The price of a quote or booking, as stored: every line, and the sums that refunds are made of.
struct stored_price
{
    std::vector<calendar::price_line> lines;
    money accommodation, guest_fee, tax, total, host_payout;

    money subtotal() const { return accommodation; }
    price shown() const { return {lines, total, accommodation - host_payout, host_payout}; }

    static constexpr auto fields =
        schema::fields(field<&stored_price::lines>("lines"), field<&stored_price::accommodation>("accommodation"),
                       field<&stored_price::guest_fee>("guest_fee"), field<&stored_price::tax>("tax"),
                       field<&stored_price::total>("total"), field<&stored_price::host_payout>("host_payout"));
};

struct quote_row
{
    quote_id id;
    property_id property;
    user_id guest;
    date check_in, check_out;
    int guests;
    std::vector<int> child_ages;
    stored_price price;
    roost::cancellation_terms cancellation_terms;
    instant expires_at, created_at;
    std::optional<booking_id> alters = {};  // the price of a change to this booking

    quote shown() const;

    static constexpr auto fields = schema::fields(
        field<&quote_row::id>("id"), field<&quote_row::property>("property_id"), field<&quote_row::guest>("guest_id"),
        field<&quote_row::check_in>("check_in"), field<&quote_row::check_out>("check_out"),
        field<&quote_row::guests>("guests"), field<&quote_row::child_ages>("child_ages"),
        field<&quote_row::price>("price"), field<&quote_row::cancellation_terms>("cancellation_terms"),
        field<&quote_row::expires_at>("expires_at"), field<&quote_row::created_at>("created_at"),
        field<&quote_row::alters>("alters"));
};

/// A quote about to be booked, beside what its property says now.
struct quoted_stay
{
    quote_id quote;
    date check_in, check_out;
    int guests;
    instant expires_at;
    bookings::house house;
    bool price_unchanged, terms_unchanged;
    bool costs;  // anything at all

    static constexpr auto fields =
        schema::fields(field<&quoted_stay::quote>("quote_id"), field<&quoted_stay::check_in>("check_in"),
                       field<&quoted_stay::check_out>("check_out"), field<&quoted_stay::guests>("guests"),
                       field<&quoted_stay::expires_at>("expires_at"), field<&quoted_stay::house>("house"),
                       field<&quoted_stay::price_unchanged>("price_unchanged"),
                       field<&quoted_stay::terms_unchanged>("terms_unchanged"), field<&quoted_stay::costs>("costs"));
};

struct booking_row
{
    booking_id id;
    property_id property;
    user_id guest, host;
    booking_status status;
    date check_in, check_out;
    int guests;
    std::vector<int> child_ages;
    std::string message;
    stored_price price;
    roost::payment_mode payment_mode;
    money paid, waived;  // given back, and not to be paid again
    bool disputed;
    roost::cancellation_policy cancellation_policy;
    roost::cancellation_terms cancellation_terms;
    roost::time_zone time_zone;  // the property's at the time, as is its check-in time
    std::string check_in_time;
    std::optional<refund_offer> refund;
    instant starts_at, ends_at;
    std::optional<instant> due_at;
    int version;
    instant created_at, updated_at;

    booking shown() const;

    static constexpr auto fields = schema::fields(
        field<&booking_row::id>("id"), field<&booking_row::property>("property_id"),
        field<&booking_row::guest>("guest_id"), field<&booking_row::host>("host_id"),
        field<&booking_row::status>("status"), field<&booking_row::check_in>("check_in"),
        field<&booking_row::check_out>("check_out"), field<&booking_row::guests>("guests"),
        field<&booking_row::child_ages>("child_ages"), field<&booking_row::message>("message"),
        field<&booking_row::price>("price"), field<&booking_row::payment_mode>("payment_mode"),
        field<&booking_row::paid>("paid"), field<&booking_row::waived>("waived"),
        field<&booking_row::disputed>("disputed"), field<&booking_row::cancellation_policy>("cancellation_policy"),
        field<&booking_row::cancellation_terms>("cancellation_terms"), field<&booking_row::time_zone>("time_zone"),
        field<&booking_row::check_in_time>("check_in_time"), field<&booking_row::refund>("refund"),
        field<&booking_row::starts_at>("starts_at"), field<&booking_row::ends_at>("ends_at"),
        field<&booking_row::due_at>("due_at"), field<&booking_row::version>("version"),
        field<&booking_row::created_at>("created_at"), field<&booking_row::updated_at>("updated_at"));
};

/// A booking to be made: what a quote does not say.
struct stay_to_book
{
    booking_id id;
    quoted_stay stay;
    booking_status status;
    std::string message;
    std::optional<instant> hold_until;  // nothing: the nights are its own for good
    bool takes_nights = true;           // a request may leave them to others
    instant due_at, now;
};

/// One transition to be made.
struct move_to_make
{
    booking_id id;
    booking_status from, to;
    std::optional<instant> due_at;
    user_id by;
    bookings::actor as;
    std::string reason;
    instant now;
    std::optional<refund_offer> refund = {};
};

/// A property to be quoted; nothing when it is deleted or never was.
task<std::optional<asked_property>> ask_property(pg::queryable& q, property_id property, const new_quote& stay,
                                                 instant now);
/// The price is good as long as the property stays at `rules_version` and the market at `guest_fee_bp`.
void insert_quote(pg::tx& tx, const quote_row& made, int rules_version, int guest_fee_bp);
task<std::optional<quote_row>> find_quote(pg::queryable& q, quote_id id, user_id guest);

/// The guest's own quote; until the transaction ends its property cannot change, nor the guest's account be closed.
task<std::optional<quoted_stay>> quoted_stay_of(pg::tx& tx, quote_id id, user_id guest, int guest_fee_bp);
/// How many bookings the guest holds nights with, exactly: others that ask wait for this transaction.
task<std::int64_t> count_holds(pg::tx& tx, user_id guest, instant now);
/// How many bookings hold nights of the property, as exactly.
task<std::int64_t> count_holds(pg::tx& tx, property_id property, instant now);
/// Frees nights of holds that have run out, and says whether nobody else has one of them; those that another platform's
/// calendar closes are closed again before anybody can take them.
task<bool> free_expired_holds(pg::tx& tx, property_id property, date from, date to, instant now);
/// Takes the nights and makes the booking, its history and its event. Nothing when a night is taken.
task<std::optional<booking_row>> insert_booking(pg::tx& tx, const stay_to_book& b);

/// Nothing for those who have nothing to do with it.
task<std::vector<booking_row>> find_bookings(pg::queryable& q, std::vector<booking_id> ids, user_id who, bool any);
task<std::optional<booking_row>> find_booking(pg::queryable& q, booking_id id, user_id who, bool any);
/// Locked until the transaction ends: whoever changes it or answers for it takes turns.
task<std::optional<booking_row>> lock_booking(pg::tx& tx, booking_id id, user_id who, bool any);
task<pg::piles<booking_id, booking_event>> history_of(pg::queryable& q, const std::vector<booking_id>& ids);
/// At most `limit` of them, newest first; with `after`, those before it in time, with `before`, those after it.
task<std::vector<booking_row>> list_bookings(pg::queryable& q, user_id who, const booking_filter& f,
                                             std::optional<booking_id> older_than, std::optional<booking_id> newer_than,
                                             int limit);
task<std::int64_t> count_bookings(pg::queryable& q, user_id who, const booking_filter& f);

/// Compare and swap, with history and event. Nothing when it is no longer in `from`, or was past its time.
task<std::optional<booking_row>> move_booking(pg::tx& tx, const move_to_make& m);
/// The nights become the booking's own (nothing) or are held until another moment, whether or not it held them
/// before. False: somebody else has them.
task<bool> keep_nights(pg::tx& tx, const booking_row& b, std::optional<instant> hold_until, instant now);
void free_nights(pg::tx& tx, booking_id id);
void shorten_nights(pg::tx& tx, booking_id id, date new_end);

/// Moves a batch of what is due by `now`; returns how many moved.
task<std::int64_t> move_due(pg::tx& tx, instant now, int batch);
task<std::int64_t> forget_old_quotes(pg::queryable& q, instant expired_before, int batch);

/// Whether somebody holds, awaits or has a stay at the property, or as guest or host.
task<bool> has_live_bookings(pg::queryable& q, property_id property, instant now);
task<bool> has_live_bookings(pg::queryable& q, user_id person, instant now);

}  // namespace roost::bookings
