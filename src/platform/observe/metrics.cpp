#include "platform/observe/metrics.hpp"

#include <array>
#include <charconv>
#include <map>
#include <memory>
#include <mutex>
#include <stdexcept>
#include <variant>

#include "platform/observe/process.hpp"

namespace roost::observe {
namespace {

constexpr std::size_t chunk_cells = 512;
constexpr std::size_t max_chunks = 128;

using cell = std::atomic<std::uint64_t>;

struct chunk
{
    std::array<cell, chunk_cells> cells{};
};

// The cells of one thread. Only that thread writes them, so adding needs no read-modify-write instruction.
struct shard
{
    std::array<std::atomic<chunk*>, max_chunks> chunks{};
};

// Never destroyed: threads may still count while the process ends. A shard whose thread ended keeps its counts and
// goes to the next new thread.
struct pool
{
    std::mutex guard;
    std::vector<std::unique_ptr<shard>> all;
    std::vector<shard*> idle;
    std::uint32_t next_cell = 0;
};

pool& shards()
{
    static pool* const p = new pool;
    return *p;
}

thread_local shard* mine = nullptr;

struct give_back
{
    ~give_back()
    {
        if (!mine) return;
        std::lock_guard lock{shards().guard};
        shards().idle.push_back(std::exchange(mine, nullptr));
    }
};

shard& take_shard()
{
    thread_local give_back at_exit;
    auto& p = shards();
    std::lock_guard lock{p.guard};
    if (p.idle.empty())
    {
        p.all.push_back(std::make_unique<shard>());
        mine = p.all.back().get();
    }
    else
    {
        mine = p.idle.back();
        p.idle.pop_back();
    }
    return *mine;
}

void add_to(std::uint32_t index, std::uint64_t n) noexcept
{
    shard& s = mine ? *mine : take_shard();
    auto& place = s.chunks[index / chunk_cells];
    chunk* c = place.load(std::memory_order_relaxed);
    if (!c) place.store(c = new chunk, std::memory_order_release);
    auto& value = c->cells[index % chunk_cells];
    value.store(value.load(std::memory_order_relaxed) + n, std::memory_order_relaxed);
}

std::uint64_t sum_of(std::uint32_t index)
{
    auto& p = shards();
    std::lock_guard lock{p.guard};
    std::uint64_t sum = 0;
    for (const auto& s : p.all)
        if (const chunk* c = s->chunks[index / chunk_cells].load(std::memory_order_acquire))
            sum += c->cells[index % chunk_cells].load(std::memory_order_relaxed);
    return sum;
}

std::uint32_t take_cells(std::size_t n)
{
    auto& p = shards();
    std::lock_guard lock{p.guard};
    if (p.next_cell + n > chunk_cells * max_chunks) throw std::length_error{"too many metrics"};
    return std::exchange(p.next_cell, static_cast<std::uint32_t>(p.next_cell + n));
}

void append(std::string& out, double value)
{
    std::array<char, 32> text;
    out.append(text.data(), std::to_chars(text.data(), text.data() + text.size(), value).ptr);
}

void append_escaped(std::string& out, std::string_view text)
{
    for (const char c : text)
    {
        if (c == '\\' || c == '"') out += '\\';
        if (c == '\n')
            out += "\\n";
        else
            out += c;
    }
}

std::string rendered(const labels& l)
{
    std::string out;
    for (const auto& [name, value] : l)
    {
        if (!out.empty()) out += ',';
        out += name;
        out += "=\"";
        append_escaped(out, value);
        out += '"';
    }
    return out;
}

}  // namespace

void counter::add(std::uint64_t n) noexcept { add_to(cell_, n); }
std::uint64_t counter::value() const { return sum_of(cell_); }

void gauge::add(std::int64_t n) noexcept { add_to(cell_, static_cast<std::uint64_t>(n)); }
double gauge::value() const
{
    return base_.load(std::memory_order_relaxed) + static_cast<double>(static_cast<std::int64_t>(sum_of(cell_)));
}

std::span<const double> default_bounds()
{
    static constexpr std::array bounds{0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                       0.1,    0.25,  0.5,    1.0,   2.5,  5.0,   10.0};
    return bounds;
}

void histogram::observe(std::chrono::nanoseconds elapsed) noexcept
{
    const double seconds = std::chrono::duration<double>(elapsed).count();
    std::uint32_t bucket = 0;
    while (bucket < bounds_.size() && seconds > bounds_[bucket]) ++bucket;
    add_to(cell_ + bucket, 1);
    add_to(cell_ + static_cast<std::uint32_t>(bounds_.size()) + 1, static_cast<std::uint64_t>(elapsed.count()));
}

std::pair<std::vector<std::uint64_t>, double> histogram::value() const
{
    std::vector<std::uint64_t> buckets(bounds_.size() + 1);
    for (std::uint32_t i = 0; i < buckets.size(); ++i) buckets[i] = sum_of(cell_ + i);
    const auto total = sum_of(cell_ + static_cast<std::uint32_t>(bounds_.size()) + 1);
    return {std::move(buckets), static_cast<double>(total) / 1e9};
}

struct registry::state
{
    struct entry
    {
        std::string label_text;
        std::unique_ptr<observe::counter> count;
        std::unique_ptr<observe::gauge> level;
        std::unique_ptr<observe::histogram> distribution;
        std::vector<double> bounds;
        std::function<double()> read;
    };
    struct family
    {
        std::string help;
        std::string_view type;
        std::vector<std::unique_ptr<entry>> entries;
    };

    mutable std::mutex guard;
    std::map<std::string, family, std::less<>> families;

    // The entry of that name and labels, made when it is new. The caller holds the lock.
    entry& at(std::string_view name, std::string_view help, std::string_view type, const labels& l)
    {
        auto place = families.find(name);
        if (place == families.end())
            place = families.emplace(std::string{name}, family{std::string{help}, type, {}}).first;
        auto& f = place->second;
        if (f.type != type) throw std::logic_error{"metric of two types: " + std::string{name}};
        auto label_text = rendered(l);
        for (auto& e : f.entries)
            if (e->label_text == label_text) return *e;
        f.entries.push_back(std::make_unique<entry>());
        f.entries.back()->label_text = std::move(label_text);
        return *f.entries.back();
    }

    static void line(std::string& out, std::string_view name, std::string_view label_text, std::string_view more,
                     double value)
    {
        out += name;
        if (!label_text.empty() || !more.empty())
        {
            out += '{';
            out += label_text;
            if (!label_text.empty() && !more.empty()) out += ',';
            out += more;
            out += '}';
        }
        out += ' ';
        append(out, value);
        out += '\n';
    }

    static void write(std::string& out, const std::string& name, const entry& e)
    {
        if (e.count) line(out, name, e.label_text, {}, static_cast<double>(e.count->value()));
        if (e.level) line(out, name, e.label_text, {}, e.level->value());
        if (e.read) line(out, name, e.label_text, {}, e.read());
        if (!e.distribution) return;
        const auto [buckets, sum] = e.distribution->value();
        std::uint64_t so_far = 0;
        for (std::size_t i = 0; i < buckets.size(); ++i)
        {
            so_far += buckets[i];
            std::string bound = "le=\"";
            if (i < e.bounds.size())
                append(bound, e.bounds[i]);
            else
                bound += "+Inf";
            line(out, name + "_bucket", e.label_text, bound + '"', static_cast<double>(so_far));
        }
        line(out, name + "_sum", e.label_text, {}, sum);
        line(out, name + "_count", e.label_text, {}, static_cast<double>(so_far));
    }
};

registry::registry() : state_{std::make_unique<state>()} {}
registry::~registry() = default;

counter& registry::counter(std::string_view name, std::string_view help, labels l)
{
    std::lock_guard lock{state_->guard};
    auto& e = state_->at(name, help, "counter", l);
    if (!e.count) e.count = std::make_unique<observe::counter>(take_cells(1));
    return *e.count;
}

gauge& registry::gauge(std::string_view name, std::string_view help, labels l)
{
    std::lock_guard lock{state_->guard};
    auto& e = state_->at(name, help, "gauge", l);
    if (!e.level) e.level = std::make_unique<observe::gauge>(take_cells(1));
    return *e.level;
}

histogram& registry::histogram(std::string_view name, std::string_view help, labels l, std::span<const double> bounds)
{
    std::lock_guard lock{state_->guard};
    auto& e = state_->at(name, help, "histogram", l);
    if (!e.distribution)
    {
        e.bounds.assign(bounds.begin(), bounds.end());
        e.distribution = std::make_unique<observe::histogram>(take_cells(bounds.size() + 2), e.bounds);
    }
    return *e.distribution;
}

void registry::gauge(std::string_view name, std::string_view help, labels l, std::function<double()> read)
{
    std::lock_guard lock{state_->guard};
    state_->at(name, help, name.ends_with("_total") ? "counter" : "gauge", l).read = std::move(read);
}

std::string registry::text() const
{
    std::string out;
    std::lock_guard lock{state_->guard};
    for (const auto& [name, f] : state_->families)
    {
        out += "# HELP " + name + ' ';
        append_escaped(out, f.help);
        out += "\n# TYPE " + name + ' ';
        out += f.type;
        out += '\n';
        for (const auto& e : f.entries) state::write(out, name, *e);
    }
    return out;
}

registry& metrics()
{
    static registry* const all = [] {
        auto* r = new registry;  // never destroyed, like the shards
        add_process_metrics(*r);
        return r;
    }();
    return *all;
}

}  // namespace roost::observe
