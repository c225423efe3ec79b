#include "platform/graphql/execute.hpp"

#include <deque>

#include "platform/graphql/beside.hpp"
#include "platform/graphql/introspection.hpp"
#include "platform/graphql/plan.hpp"
#include "platform/graphql/writer.hpp"
#include "platform/observe/log.hpp"
#include "platform/pg/error.hpp"

namespace roost::graphql {
namespace {

/// To be called where something was caught.
failure failure_of_exception()
try
{
    throw;
}
catch (const pg::unavailable&)
{
    return {.message = "the database cannot take this now, try again shortly", .code = name_of(errc::unavailable)};
}
catch (const std::exception& e)
{
    log::error("a field failed", {{"what", e.what()}});
    return {.message = "Something went wrong here; it was recorded.", .code = internal_code};
}

class runner
{
    const execution& e_;
    arena arena_;
    planner planner_{e_, arena_};
    writer writer_;
    std::deque<level> levels_;

public:
    runner(const execution& e, std::string& out) : e_{e}, writer_{e, planner_, out} {}

    task<executed> run()
    {
        const auto& set = planner_.root(*e_.how.schema().root(e_.operation.kind));
        auto& top = add(set);
        top.parents.push_back(e_.root);
        bool has_data = false;
        if (e_.operation.kind == operation_kind::mutation)
            has_data = co_await in_order(top);
        else
        {
            co_await run_level(top);
            has_data = writer_.write_root(top);
        }
        const bool has_errors = writer_.finish();
        co_return executed{has_data, has_errors};
    }

private:
    level& add(const planned_set& set)
    {
        auto& l = levels_.emplace_back();
        l.set = &set;
        l.results.resize(set.fields.size());
        return l;
    }

    /// Each field with all that is below it before the next; none after one that leaves nothing.
    task<bool> in_order(level& top)
    {
        if (!writer_.begin_root(top)) co_return false;
        for (std::size_t i = 0; i < top.set->fields.size(); ++i)
        {
            if (waits(top.set->fields[i])) co_await run_field(top, i);
            if (!writer_.write_root_field(top, i)) co_return false;
        }
        writer_.end_root();
        co_return true;
    }

    bool waits(const planned_field& f) const
    {
        return !f.refused && (std::holds_alternative<resolver>(*f.does) || e_.how.waits(*f.definition->type.named));
    }

    task<> run_level(level& l)
    {
        if (l.set->refused) co_return;
        std::vector<std::size_t> waiting;
        for (std::size_t i = 0; i < l.set->fields.size(); ++i)
            if (waits(l.set->fields[i])) waiting.push_back(i);
        if (waiting.size() == 1) co_return co_await run_field(l, waiting.front());
        std::vector<task<>> beside;
        beside.reserve(waiting.size());
        for (const auto i : waiting) beside.push_back(run_field(l, i));
        co_await all_of(std::move(beside));
    }

    task<> run_field(level& l, std::size_t i)
    {
        const auto& f = l.set->fields[i];
        auto& values = l.results[i];
        values.resize(l.parents.size());
        if (const auto* fetch = std::get_if<resolver>(f.does))
        {
            batch b{e_.context, l.parents, f.arguments, {planner_, f}, values};
            std::optional<failure> broken;
            try
            {
                co_await (*fetch)(b);
            }
            catch (const std::exception&)
            {
                broken = failure_of_exception();
            }
            if (broken) std::ranges::fill(values, value{std::move(*broken)});
        }
        else if (const auto* compute = std::get_if<getter>(f.does))
            for (std::size_t p = 0; p < values.size(); ++p)
                values[p] = (*compute)(e_.context, l.parents[p], f.arguments);
        else if (const auto* member = std::get_if<declared>(f.does))
            for (std::size_t p = 0; p < values.size(); ++p)
                values[p] = objects_in(*member->of, member->at(const_cast<void*>(l.parents[p])));
        std::vector<level*> made;
        for (auto& v : values) place(f, v, made);
        if (made.size() == 1) co_return co_await run_level(*made.front());
        std::vector<task<>> beside;
        beside.reserve(made.size());
        for (auto* below : made) beside.push_back(run_level(*below));
        co_await all_of(std::move(beside));
    }

    /// The objects of a declared member, as a value of their own.
    static value objects_in(const roost::schema::type& t, const void* p)
    {
        if (t.k == roost::schema::kind::optional || t.k == roost::schema::kind::patch)
        {
            const void* inner = t.peek(p);
            return inner ? objects_in(*t.element, inner) : value{};
        }
        if (t.k != roost::schema::kind::list) return object{p};
        value::list items;
        for (std::size_t i = 0, n = t.size(p); i < n; ++i) items.push_back(objects_in(*t.element, t.item(p, i)));
        return items;
    }

    /// Puts the objects of a value into the level of their type.
    void place(const planned_field& f, value& v, std::vector<level*>& made)
    {
        if (auto* items = v.as<value::list>())
        {
            for (auto& item : *items) place(f, item, made);
            return;
        }
        auto* o = v.as<object>();
        if (!o) return;
        const auto* declared_type = f.definition->type.named;
        if (!o->type) o->type = declared_type;
        if (!declared_type->can_be(*o->type)) return;  // refused when it is written
        auto found = std::ranges::find(made, o->type, [](const level* l) { return l->set->type; });
        if (found == made.end()) found = made.insert(made.end(), &add(planner_.below(f, *o->type)));
        o->in = *found;
        o->place = (*found)->parents.size();
        (*found)->parents.push_back(o->data);
    }
};

}  // namespace

executable::executable(schema_ptr s, const describer& behaviour_of, event_sources sources)
    : schema_{std::move(s)},
      behaviours_(schema_->field_count()),
      waits_(schema_->types().size()),
      sources_{std::move(sources)}
{
    for (const auto& t : schema_->types())
    {
        if (t->kind() != type_kind::object) continue;
        const bool introspective = t->name().starts_with("__");
        for (const auto& f : t->fields())
            behaviours_[f.index] = introspective ? behaviour{introspection::getter_of(f)} : behaviour_of(*t, f);
    }
    for (const auto* f : {&schema_->schema_field(), &schema_->type_field()})
        behaviours_[f->index] = introspection::root_getter_of(*schema_, *f);

    for (bool changed = true; changed;)
    {
        changed = false;
        for (const auto& t : schema_->types())
        {
            if (waits_[t->index()]) continue;
            const auto fetched = [&](const field& f) {
                return std::holds_alternative<resolver>(behaviours_[f.index]) || waits_[f.type.named->index()];
            };
            const auto below = [&](const named_type* o) { return waits_[o->index()]; };
            if (std::ranges::any_of(t->fields(), fetched) || std::ranges::any_of(t->possible(), below))
                changed = waits_[t->index()] = true;
        }
    }
}

task<executed> execute(const execution& e, std::string& out)
{
    runner r{e, out};
    co_return co_await r.run();
}

failure failure::of(const roost::error& e)
{
    return {.message = e.detail.empty() ? std::string{name_of(e.code)} : e.detail,
            .code = name_of(e.code),
            .fields = e.fields,
            .retry_after = e.retry_after};
}

}  // namespace roost::graphql
