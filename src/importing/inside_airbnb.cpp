#include "importing/inside_airbnb.hpp"

#include <algorithm>
#include <cmath>
#include <format>
#include <map>
#include <print>
#include <ranges>

#include "core/csv.hpp"
#include "importing/calendar.hpp"
#include "importing/input.hpp"
#include "importing/listing.hpp"
#include "importing/progress.hpp"
#include "importing/queries.hpp"
#include "importing/review.hpp"
#include "importing/session.hpp"

namespace roost::importing {
namespace {

constexpr auto source = "inside_airbnb";
constexpr std::size_t listings_at_once = 2000;  // a few MB of rows in one transaction
constexpr std::size_t reviews_at_once = 5000;   // likewise
constexpr int calendars_at_once = 500;          // properties locked and merged in one transaction
constexpr std::size_t most_unknown = 10'000;    // different words remembered for the summary

// Utility statements, which cannot be prepared and so do not stand in queries.sql.
constexpr pg::statement copy_listings{"importing.copy_listings", "copy import_listing from stdin"};
constexpr pg::statement copy_closed{"importing.copy_closed", "copy import_closed from stdin"};
constexpr pg::statement copy_reviews{"importing.copy_reviews", "copy import_review from stdin"};
constexpr pg::statement clear_reviews{"importing.clear_reviews", "truncate import_review"};
constexpr pg::statement clear_listings{"importing.clear_listings", "truncate import_listing"};
constexpr pg::statement clear_closed{"importing.clear_closed", "truncate import_closed"};
constexpr pg::statement clear_blocks{"importing.clear_blocks", "truncate import_block"};
constexpr pg::statement gather_statistics{"importing.gather_statistics",
                                          "analyze app_user, property, imported_property, stay_block, review"};
constexpr pg::statement gather_closed_statistics{"importing.gather_closed_statistics", "analyze import_closed"};

// What a run has already met, over all batches. Temporary, so these cannot be prepared beforehand either.
constexpr pg::statement make_seen{"importing.make_seen",
                                  "create temporary table import_seen (external_id text primary key)"};
constexpr pg::statement clear_seen{"importing.clear_seen", "truncate import_seen"};
constexpr pg::statement drop_repeated_listings{"importing.drop_repeated_listings", R"(
with fresh as (
    insert into import_seen select external_id from import_listing on conflict do nothing returning external_id
),
repeated as (
    delete from import_listing where external_id not in (select external_id from fresh) returning external_id
)
select string_agg(external_id, ',' order by external_id) from repeated)"};
constexpr pg::statement drop_repeated_reviews{"importing.drop_repeated_reviews", R"(
with fresh as (
    insert into import_seen select distinct external_id from import_review on conflict do nothing returning external_id
)
delete from import_review where ctid not in (
    select min(r.ctid) from import_review r join fresh using (external_id) group by external_id))"};

std::string text_of(double number) { return std::format("{}", number); }

void write(session::copy& to, const listing& l)
{
    const auto& p = l.offer;
    const auto price = [&](const std::optional<money>& m) { m ? to.text(std::to_string(m->minor())) : to.null(); };
    const auto number = [&](auto n) { to.text(std::to_string(n)); };
    to.text(property_id::make().text()).text(user_id::make().text());
    to.text(l.external_id).text(l.host_external_id).text(l.host_name).text(name_of(p.status));
    const auto& paid = p.nightly_price ? p.nightly_price : p.cleaning_fee;
    paid ? to.text(paid->unit().code()) : to.null();
    price(p.nightly_price);
    price(p.cleaning_fee);
    number(p.capacity);
    number(p.bedrooms);
    number(p.beds);
    to.text(text_of(p.bathrooms));
    number(p.stay_rules.min_nights);
    number(p.stay_rules.max_nights);
    number(std::lround(p.rating.value_or(0) * 100) * p.rating_count);
    number(p.rating_count);
    to.text(text_of(*p.location.latitude)).text(text_of(*p.location.longitude));
    to.text(name_of(p.property_type)).text(name_of(p.room_type)).text(name_of(p.booking_mode));
    to.text(name_of(p.cancellation_policy)).text(p.time_zone->name()).text(p.title).text(p.address.line);
    to.text(p.address.city).text(p.address.region).text(p.address.country).text(p.address.postcode);
    to.texts(p.amenities).texts(p.images).text(p.description).text(p.house_rules);
    to.end_row();
}

std::string was_there(std::string_view id) { return std::format("listing {} was there before", id); }

void write(session::copy& to, const imported_review& r)
{
    to.text(r.listing_external_id).text(r.external_id).text(r.author_name).text(format(r.written)).text(r.comment);
    to.end_row();
}

/// One run of the command.
class importer
{
    const inside_airbnb_options& options_;
    session db_;
    std::string now_;
    skipped_rows skipped_;
    std::int64_t rows_ = 0, added_ = 0, changed_ = 0, kept_ = 0, hosts_ = 0, skipped_listings_ = 0;
    std::int64_t blocks_added_ = 0, blocks_removed_ = 0;
    std::int64_t reviews_ = 0, reviews_added_ = 0, reviews_changed_ = 0, strange_reviews_ = 0;
    std::map<std::string, std::int64_t> unknown_;

    void note_unknown(const listing& l)
    {
        for (const auto& word : l.unknown)
            if (unknown_.size() < most_unknown || unknown_.contains(word)) ++unknown_[word];
    }

    /// Of a listing that comes again the first row counts: otherwise the rows would take turns with every import.
    void skip_repeated(const std::map<std::string, std::size_t>& lines, progress& bar)
    {
        const auto repeated = db_.one(drop_repeated_listings).value_or("");
        for (const auto id : std::views::split(repeated, ','))
        {
            const std::string listing{std::string_view{id}};
            if (!listing.empty()) skipped_.add(bar, options_.listings, lines.at(listing), was_there(listing));
        }
    }

    void merge_listings()
    {
        hosts_ += db_.run(sql::insert_hosts, {source, now_});
        kept_ += std::stoll(db_.one(sql::count_kept, {source}).value_or("0"));
        changed_ += db_.run(sql::update_properties, {source, now_});
        added_ += db_.run(sql::insert_properties, {source, now_});
    }

    /// Reads up to a batch of rows and merges them. False after the last.
    bool batch(csv_reader& csv, const listing_reader& reader, const input& file, progress& bar)
    {
        std::map<std::string, std::size_t> lines;  // by listing
        session::transaction transaction{db_};
        db_.run(clear_listings);
        bool more = true;
        {
            session::copy rows{db_, copy_listings};
            while (more && lines.size() < listings_at_once)
            {
                const auto row = csv.next();
                more = row.has_value();
                if (!more) break;
                bar.show(file.share(), ++rows_);
                auto read = row->fault ? std::unexpected{std::string{describe(*row->fault)}} : reader.read(row->fields);
                if (read && !lines.emplace(read->external_id, row->line).second)
                    read = std::unexpected{was_there(read->external_id)};
                if (!read)
                {
                    skipped_.add(bar, options_.listings, row->line, read.error());
                    continue;
                }
                note_unknown(*read);
                write(rows, *read);
            }
            rows.end();
        }
        skip_repeated(lines, bar);
        merge_listings();
        transaction.commit();
        return more;
    }

    /// As `batch`, of reviews.
    bool review_batch(csv_reader& csv, const review_reader& reader, const input& file, progress& bar)
    {
        session::transaction transaction{db_};
        db_.run(clear_reviews);
        bool more = true;
        {
            session::copy rows{db_, copy_reviews};
            for (std::size_t count = 0; more && count < reviews_at_once;)
            {
                const auto row = csv.next();
                more = row.has_value();
                if (!more) break;
                bar.show(file.share(), ++reviews_);
                const auto read =
                    row->fault ? std::unexpected{std::string{describe(*row->fault)}} : reader.read(row->fields);
                if (!read)
                {
                    skipped_.add(bar, *options_.reviews, row->line, read.error());
                    continue;
                }
                write(rows, *read);
                ++count;
            }
            rows.end();
        }
        db_.run(drop_repeated_reviews);
        strange_reviews_ += std::stoll(db_.one(sql::count_strange_reviews, {source}).value_or("0"));
        reviews_changed_ += db_.run(sql::update_reviews, {source, now_});
        reviews_added_ += db_.run(sql::insert_reviews, {source, now_});
        transaction.commit();
        return more;
    }

    /// Loads the closed nights into the staging table and says on which day the calendar begins.
    std::optional<date> stage_calendar()
    {
        input file{*options_.calendar};
        csv_reader csv{[&](char* into, std::size_t size) { return file.read(into, size); }};
        const auto header = csv.next();
        if (!header || header->fault) throw wrong_file{"not a calendar: it has no header"};
        progress bar{"calendar"};
        session::transaction transaction{db_};
        db_.run(clear_closed);
        session::copy rows{db_, copy_closed};
        calendar_reader reader{
            header->fields, [&](std::string_view listing, std::optional<date_range> closed) {
                rows.text(listing);
                rows.text(closed ? std::format("[{},{})", format(closed->from()), format(closed->to())) : "empty");
                rows.end_row();
            }};
        std::int64_t count = 0;
        while (const auto row = csv.next())
        {
            bar.show(file.share(), ++count);
            const auto read =
                row->fault ? std::unexpected{std::string{describe(*row->fault)}} : reader.read(row->fields);
            if (!read) skipped_.add(bar, *options_.calendar, row->line, read.error());
        }
        reader.finish();
        rows.end();
        transaction.commit();
        bar.finish(count);
        return reader.first_day();
    }

    void merge_calendar(std::int64_t shift)
    {
        db_.run(gather_closed_statistics);
        progress bar{"closed ranges"};
        const std::int64_t all = std::stoll(db_.one(sql::count_calendars).value_or("0"));
        std::string after;
        for (std::int64_t done = 0; done < all;)
        {
            const auto last = db_.one(sql::next_listings, {after, std::to_string(calendars_at_once)});
            if (!last) break;
            session::transaction transaction{db_};
            db_.run(clear_blocks);
            db_.run(sql::lock_properties, {source, after, *last});
            db_.run(sql::free_expired_holds, {source, after, *last, now_});
            db_.run(sql::plan_blocks, {source, after, *last, std::to_string(shift)});
            blocks_removed_ += db_.run(sql::delete_blocks, {source, after, *last});
            blocks_added_ += db_.run(sql::insert_blocks, {now_});
            transaction.commit();
            done = std::min(all, done + calendars_at_once);
            bar.show(static_cast<double>(done) / static_cast<double>(all), done);
            after = *last;
        }
        bar.finish(blocks_added_);
    }

public:
    importer(const std::string& database, const inside_airbnb_options& options, instant now)
        : options_{options}, db_{database}, now_{format(now)}, skipped_{options.report}
    {
        if (db_.one(sql::try_lock) != "t") throw std::runtime_error{"another import is running"};
        db_.run(make_seen);
    }

    void listings()
    {
        input file{options_.listings};
        csv_reader csv{[&](char* into, std::size_t size) { return file.read(into, size); }};
        const auto header = csv.next();
        if (!header || header->fault) throw wrong_file{"not a listings file: it has no header"};
        const listing_reader reader{header->fields,
                                    {options_.currency, options_.zone, options_.city, options_.country}};
        progress bar{"listings"};
        for (bool more = true; more;) more = batch(csv, reader, file, bar);
        bar.finish(rows_);
        skipped_listings_ = skipped_.count();
        db_.run(clear_listings);
    }

    void calendar()
    {
        const auto first = stage_calendar();
        const auto shift = first && options_.shift_to ? (*options_.shift_to - *first).count() : 0;
        merge_calendar(shift);
        if (const auto strangers = std::stoll(db_.one(sql::count_strangers, {source}).value_or("0")); strangers > 0)
            std::println(stderr, "the calendar has {} listings that were never imported", grouped(strangers));
        db_.run(clear_closed);
        db_.run(clear_blocks);
    }

    void reviews()
    {
        input file{*options_.reviews};
        csv_reader csv{[&](char* into, std::size_t size) { return file.read(into, size); }};
        const auto header = csv.next();
        if (!header || header->fault) throw wrong_file{"not a reviews file: it has no header"};
        const review_reader reader{header->fields};
        progress bar{"reviews"};
        db_.run(clear_seen);
        for (bool more = true; more;) more = review_batch(csv, reader, file, bar);
        bar.finish(reviews_);
        if (strange_reviews_ > 0)
            std::println(stderr, "{} reviews are of listings that were never imported", grouped(strange_reviews_));
        db_.run(clear_reviews);
    }

    void finish()
    {
        db_.run(gather_statistics);
        const auto unchanged = rows_ - added_ - changed_ - kept_ - skipped_listings_;
        std::println("listings: {} new, {} changed, {} left as they were, {} left alone because they were changed here",
                     grouped(added_), grouped(changed_), grouped(std::max<std::int64_t>(unchanged, 0)), grouped(kept_));
        std::println("hosts: {} new; closed ranges: {} new, {} gone; rows skipped: {}", grouped(hosts_),
                     grouped(blocks_added_), grouped(blocks_removed_), grouped(skipped_.count()));
        if (options_.reviews)
            std::println("reviews: {} new, {} changed", grouped(reviews_added_), grouped(reviews_changed_));
        if (unknown_.empty()) return;
        std::vector<std::pair<std::int64_t, std::string_view>> words;
        words.reserve(unknown_.size());
        for (const auto& [word, count] : unknown_) words.emplace_back(-count, word);
        std::ranges::sort(words);
        std::print("words no vocabulary has: {}, most often", grouped(std::ssize(words)));
        for (const auto& [count, word] : std::span{words}.first(std::min<std::size_t>(words.size(), 5)))
            std::print(" “{}” ({})", word, grouped(-count));
        std::println("");
    }
};

}  // namespace

int import_inside_airbnb(const std::string& database, const inside_airbnb_options& options, instant now)
{
    importer run{database, options, now};
    try
    {
        run.listings();
        if (options.calendar) run.calendar();
        if (options.reviews) run.reviews();
    }
    catch (const wrong_file& e)
    {
        std::println(stderr, "roost: {}", e.what());
        return 1;
    }
    run.finish();
    return 0;
}

}  // namespace roost::importing
