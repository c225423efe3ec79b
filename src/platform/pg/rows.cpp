#include "platform/pg/rows.hpp"

#include <libpq-fe.h>

#include <algorithm>
#include <bit>
#include <charconv>
#include <format>
#include <limits>
#include <stdexcept>

#include "platform/schema/json.hpp"

namespace roost::pg {

namespace {

using schema::kind;

/// Oids of the built-in types: fixed, from pg_type.dat.
enum oid : unsigned
{
    bool_ = 16,
    bytea = 17,
    char_ = 18,
    name = 19,
    int8 = 20,
    int2 = 21,
    int4 = 23,
    text = 25,
    json = 114,
    float4 = 700,
    float8 = 701,
    unknown = 705,
    bpchar = 1042,
    varchar = 1043,
    date = 1082,
    timestamp = 1114,
    timestamptz = 1184,
    uuid_ = 2950,
    jsonb = 3802,
};

constexpr auto epoch = std::chrono::sys_days{std::chrono::year{2000} / 1 / 1};

template <class T>
T big_endian(std::string_view data)
{
    T v;
    if (data.size() < sizeof v) throw std::logic_error("a value from PostgreSQL is too short");
    std::copy_n(data.data(), sizeof v, reinterpret_cast<char*>(&v));
    return std::byteswap(v);
}

[[noreturn]] void does_not_fit(const cell& c, std::string_view what)
{
    throw std::logic_error(
        std::format("a column of type oid {} cannot be read as {}: cast it in the statement", c.type, what));
}

std::int64_t integer_of(const cell& c)
{
    switch (c.type)
    {
        case int2: return big_endian<std::int16_t>(c.data);
        case int4: return big_endian<std::int32_t>(c.data);
        case int8: return big_endian<std::int64_t>(c.data);
        default: does_not_fit(c, "an integer");
    }
}

double number_of(const cell& c)
{
    switch (c.type)
    {
        case float4: return std::bit_cast<float>(big_endian<std::uint32_t>(c.data));
        case float8: return std::bit_cast<double>(big_endian<std::uint64_t>(c.data));
        case int8: does_not_fit(c, "a double");
        default: return static_cast<double>(integer_of(c));
    }
}

std::string_view text_of(const cell& c)
{
    switch (c.type)
    {
        case text:
        case varchar:
        case name:
        case char_:
        case json:
        case unknown:
        case bytea: return c.data;
        case bpchar: return c.data.substr(0, c.data.find_last_not_of(' ') + 1);
        case jsonb: return c.data.substr(1);  // after the version
        default: does_not_fit(c, "text");
    }
}

uuid uuid_of(const cell& c)
{
    uuid u;
    if (c.type != uuid_ || c.data.size() != u.bytes.size()) does_not_fit(c, "an id");
    std::copy_n(c.data.data(), u.bytes.size(), reinterpret_cast<char*>(u.bytes.data()));
    return u;
}

instant instant_of(const cell& c)
{
    if (c.type != timestamptz && c.type != timestamp) does_not_fit(c, "an instant");
    const auto since = big_endian<std::int64_t>(c.data);
    if (since == std::numeric_limits<std::int64_t>::max() || since == std::numeric_limits<std::int64_t>::min())
        throw std::logic_error("an infinite timestamp");
    return instant{epoch} + std::chrono::microseconds{since};
}

roost::date date_of(const cell& c)
{
    if (c.type != date) does_not_fit(c, "a date");
    return epoch + std::chrono::days{big_endian<std::int32_t>(c.data)};
}

template <class T>
T parsed(std::optional<T> value, std::string_view what, std::string_view from)
{
    if (!value) throw std::logic_error(std::format("\"{}\" is not a {}", from, what));
    return *std::move(value);
}

int enumerator_of(const cell& c, const schema::type& t)
{
    const auto value = text_of(c);
    for (std::size_t i = 0; i < t.names.size(); ++i)
        if (t.names[i] == value) return static_cast<int>(i);
    throw std::logic_error(std::format("\"{}\" is not a {}", value, t.name));
}

void read_cell(const cell& c, const schema::type& t, void* into);

/// The binary array format of array_send(): dimensions, whether any is null, the items' type, then each dimension's
/// size and lower bound, then each item's length and bytes.
void read_array(const cell& c, const schema::type& t, void* into)
{
    auto data = c.data;
    const auto take = [&] {
        const auto v = big_endian<std::int32_t>(data);
        data.remove_prefix(sizeof v);
        return v;
    };
    const auto dimensions = take();
    take();
    const auto item_type = static_cast<unsigned>(take());
    if (dimensions == 0) return;
    if (dimensions != 1) throw std::logic_error("an array of several dimensions");
    const auto size = take();
    take();
    for (int i = 0; i < size; ++i)
    {
        const auto length = take();
        if (length > 0 && static_cast<std::size_t>(length) > data.size())
            throw std::logic_error("an array from PostgreSQL is too short");
        const cell item{data.substr(0, length < 0 ? 0 : static_cast<std::size_t>(length)), item_type, length < 0};
        data.remove_prefix(item.data.size());
        read_cell(item, *t.element, t.emplace(into));
    }
}

/// Any value is read as the only member of an object, because the JSON reader takes whole objects.
void read_json_cell(const cell& c, const schema::type& t, void* into)
{
    const schema::field_info value{.name = "value",
                                   .doc = {},
                                   .example = {},
                                   .of = &t,
                                   .at = [](void* p) { return p; },
                                   .bounds = {},
                                   .required = true,
                                   .secret = false};
    const schema::type document{.k = kind::object, .name = t.name, .fields = {&value, 1}};
    if (auto done = schema::read_json(std::format(R"({{"value":{}}})", text_of(c)), document, into); !done)
        throw std::logic_error(std::format("json from PostgreSQL does not fit {}: {}", t.name, done.error().detail));
}

bool is_json(const cell& c) { return c.type == json || c.type == jsonb; }

void read_cell(const cell& c, const schema::type& t, void* into)
{
    if (t.k == kind::optional || t.k == kind::patch)
    {
        if (!c.null) read_cell(c, *t.element, t.emplace(into));
        return;
    }
    if (c.null) throw std::logic_error("null where the type is not optional");
    switch (t.k)
    {
        case kind::boolean:
            if (c.type != bool_) does_not_fit(c, "a bool");
            *static_cast<bool*>(into) = c.data.at(0) != 0;
            break;
        case kind::int32: {
            const auto v = integer_of(c);
            if (v != static_cast<std::int32_t>(v)) does_not_fit(c, "an int so large");
            *static_cast<std::int32_t*>(into) = static_cast<std::int32_t>(v);
            break;
        }
        case kind::int64: *static_cast<std::int64_t*>(into) = integer_of(c); break;
        case kind::number: *static_cast<double*>(into) = number_of(c); break;
        case kind::text:
            if (c.type == uuid_)
                *static_cast<std::string*>(into) = uuid_of(c).text();
            else
                *static_cast<std::string*>(into) = text_of(c);
            break;
        case kind::enumeration: t.set(into, enumerator_of(c, t)); break;
        case kind::id: *static_cast<uuid*>(into) = uuid_of(c); break;
        case kind::currency:
            *static_cast<currency*>(into) = parsed(currency::parse(text_of(c)), "currency", text_of(c));
            break;
        case kind::date: *static_cast<roost::date*>(into) = date_of(c); break;
        case kind::instant: *static_cast<instant*>(into) = instant_of(c); break;
        case kind::time_zone:
            *static_cast<time_zone*>(into) = parsed(time_zone::parse(text_of(c)), "time zone", text_of(c));
            break;
        case kind::list: is_json(c) ? read_json_cell(c, t, into) : read_array(c, t, into); break;
        case kind::object: read_json_cell(c, t, into); break;
        case kind::money: throw std::logic_error("money needs two columns: read it as a field of a struct");
        case kind::optional:
        case kind::patch: break;  // above
    }
}

const schema::type& inside(const schema::type& t)
{
    return t.k == kind::optional || t.k == kind::patch ? *t.element : t;
}

int find(const rows& r, std::string_view column)
{
    for (int c = 0; c < r.width(); ++c)
        if (r.column(c) == column) return c;
    return -1;
}

int need(const rows& r, std::string_view column, const schema::type& t)
{
    const int c = find(r, column);
    if (c < 0) throw std::logic_error(std::format("no column \"{}\" for {}", column, t.name));
    return c;
}

/// What stands for a struct in a column_map before the columns of its fields.
constexpr int fields_follow = -1;

void map_object(const rows& r, const schema::type& t, column_map& out)
{
    for (const auto& f : t.fields)
    {
        const auto& of = inside(*f.of);
        const int column = find(r, f.name);
        if (of.k == kind::object && column < 0)
        {
            out.push_back(fields_follow);
            map_object(r, of, out);
            continue;
        }
        out.push_back(need(r, f.name, t));
        if (of.k == kind::money) out.push_back(need(r, "currency", t));
    }
}

/// Walks a row the way map_object walked its columns.
class row_reader
{
    const rows& from_;
    int row_;
    const int* next_;

    void read_money(const schema::field_info& f, void* into)
    {
        const auto amount = from_.at(row_, *next_++), unit = from_.at(row_, *next_++);
        if (f.of->k != kind::money)
        {
            if (amount.null || unit.null) return;
            into = f.of->emplace(into);
        }
        else if (amount.null || unit.null)
            throw std::logic_error("null where money is not optional");
        const auto code = text_of(unit);
        *static_cast<money*>(into) = money{integer_of(amount), parsed(currency::parse(code), "currency", code)};
    }

    /// Whether any column of the struct has a value: a left join's other side is there.
    bool any(const schema::type& t, const int*& at) const
    {
        bool found = false;
        for (const auto& f : t.fields)
        {
            const int column = *at++;
            if (column == fields_follow)
                found |= any(inside(*f.of), at);
            else
                found |= !from_.at(row_, column).null;
            if (inside(*f.of).k == kind::money) ++at;
        }
        return found;
    }

    void read_nested(const schema::field_info& f, void* into)
    {
        if (f.of->k != kind::object)
        {
            auto after = next_;
            if (!any(inside(*f.of), after))
            {
                next_ = after;
                return;
            }
            into = f.of->emplace(into);
        }
        read_object(inside(*f.of), into);
    }

public:
    row_reader(const rows& from, int row, const int* columns) : from_{from}, row_{row}, next_{columns} {}

    void read_object(const schema::type& t, void* into)
    {
        for (const auto& f : t.fields)
        {
            void* const member = f.at(into);
            if (inside(*f.of).k == kind::money)
                read_money(f, member);
            else if (const int column = *next_++; column == fields_follow)
                read_nested(f, member);
            else
                try
                {
                    read_cell(from_.at(row_, column), *f.of, member);
                }
                catch (const std::logic_error& e)
                {
                    throw std::logic_error(std::format("{}.{}: {}", t.name, f.name, e.what()));
                }
        }
    }
};

}  // namespace

int rows::size() const { return result_ ? PQntuples(result_.get()) : 0; }

int rows::width() const { return result_ ? PQnfields(result_.get()) : 0; }

std::string_view rows::column(int c) const { return PQfname(result_.get(), c); }

cell rows::at(int row, int column) const
{
    auto* const r = result_.get();
    return {{PQgetvalue(r, row, column), static_cast<std::size_t>(PQgetlength(r, row, column))},
            PQftype(r, column),
            PQgetisnull(r, row, column) == 1};
}

std::int64_t rows::affected() const
{
    std::int64_t n = 0;
    const std::string_view text = result_ ? PQcmdTuples(result_.get()) : "";
    std::from_chars(text.data(), text.data() + text.size(), n);
    return n;
}

std::shared_ptr<const column_map> map_columns(const rows& r, const schema::type& t)
{
    column_map out;
    if (t.k == kind::object)
        map_object(r, t, out);
    else if (r.width() == 1)
        out.push_back(0);
    else
        throw std::logic_error(std::format("a single value was asked for, {} columns came", r.width()));
    return std::make_shared<const column_map>(std::move(out));
}

void rows::read(int row, const schema::type& t, void* into) const
{
    const auto columns = columns_ ? columns_ : map_columns(*this, t);
    if (t.k == kind::object)
        row_reader{*this, row, columns->data()}.read_object(t, into);
    else
        read_cell(at(row, columns->front()), t, into);
}

}  // namespace roost::pg
