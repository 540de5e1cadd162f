#include "04_depends/subject.hpp"

#include <httplib.h>

#include <type_traits>
#include <utility>

#include "depends.hpp"
#include "earlier/03_yield/session.hpp"
#include "shop/queries.hpp"

namespace tea {
namespace {

template <typename T>
shop::Scoped<T> brew(Manner manner, [[maybe_unused]] std::shared_ptr<void> lent, T thing) {
    const std::shared_ptr<void> local = manner->sets_up();
    try {
        co_yield thing;
        manner->tears_down();
    } catch (...) {
        manner->hears();
    }
}

auto injector(const RoomOptions& options, const std::string& database) {
    return shop::Injector(
        [engine = shop::Engine(database)] { return shop::get_session(engine); },
        [manner = options.water](const httplib::Request& request) {
            return brew(manner, manner->lends(), Water{.poured_for = &request});
        },
        [manner = options.milk] { return brew(manner, manner->lends(), Milk{}); },
        [manner = options.tea](const Milk& milk, const Water& water) {
            return brew(manner, manner->lends(), Tea{&water, &milk});
        },
        [manner = options.biscuit] { return brew(manner, manner->lends(), Biscuit{}); });
}

using App = decltype(injector(std::declval<const RoomOptions&>(), ""));
using ScopeOfApp =
    decltype(shop::Scope(std::declval<const App&>(), std::declval<const httplib::Request&>()));

// The learner's Replacement need be neither copied nor moved.
template <typename Provider>
Room::Replaced replace(const App& app, Provider provider) {
    using Replacement = decltype(app.replace(provider));
    return Room::Replaced(new Replacement(app.replace(std::move(provider))));
}

template <typename Provider>
Room::Replaced replace_and_move([[maybe_unused]] const App& app,
                                [[maybe_unused]] Provider provider) {
    using Replacement = decltype(app.replace(provider));
    if constexpr (std::is_move_constructible_v<Replacement>) {
        Replacement first = app.replace(std::move(provider));
        return Room::Replaced(new Replacement(std::move(first)));
    } else {
        return nullptr;
    }
}

template <typename Provider>
Room::Replaced replace_twice([[maybe_unused]] const App& app, [[maybe_unused]] Provider first,
                             [[maybe_unused]] Provider second) {
    using Replacement = decltype(app.replace(first));
    if constexpr (std::is_move_constructible_v<Replacement> &&
                  std::is_move_assignable_v<Replacement>) {
        const auto one = std::make_shared<Replacement>(app.replace(std::move(first)));
        *one = app.replace(std::move(second));
        return one;
    } else {
        return nullptr;
    }
}

}  // namespace

struct Room::Inside {
    App app;
};

Room::Room(const RoomOptions& options, const std::string& database)
    : inside_(new Inside{injector(options, database)}) {}
Room::Room(const Room& other) : inside_(new Inside(*other.inside_)) {}
Room::~Room() = default;

void Room::call(const Request& request, const std::function<void()>& handler) const {
    inside_->app.call(request, [&] { handler(); });
}
void Room::call(const Request& request, const std::function<void(Tea&, Biscuit&)>& handler) const {
    inside_->app.call(request, [&](Tea& tea, Biscuit& biscuit) { handler(tea, biscuit); });
}
void Room::call(const Request& request, const std::function<void(Biscuit&, Tea&)>& handler) const {
    inside_->app.call(request, [&](Biscuit& biscuit, Tea& tea) { handler(biscuit, tea); });
}
void Room::call(const Request& request,
                const std::function<void(Biscuit&, Water&, Milk&)>& handler) const {
    inside_->app.call(request, [&](Biscuit& biscuit, Water& water, Milk& milk) {
        handler(biscuit, water, milk);
    });
}
void Room::call(
    const Request& request,
    const std::function<void(Tea&, Water&, const Water&, Milk&, const Request&)>& handler) const {
    inside_->app.call(
        request, [&](Tea& tea, Water& water, const Water& again, Milk& milk, const Request& same) {
            handler(tea, water, again, milk, same);
        });
}
std::unique_ptr<std::string> Room::call(
    const Request& request,
    const std::function<std::unique_ptr<std::string>(Water&)>& handler) const {
    return inside_->app.call(request, [&](Water& water) { return handler(water); });
}
std::int64_t Room::stock(std::int64_t item) const {
    return inside_->app.call(httplib::Request{}, [&](shop::Session& session) {
        return shop::find_item(session.connection(), item)->stock;
    });
}

Room::Replaced Room::replace_water(const Manner& manner, const std::string& from) const {
    return replace(inside_->app,
                   [manner, from] { return brew(manner, manner->lends(), Water{.from = from}); });
}
Room::Replaced Room::replace_water_and_move(const Manner& manner, const std::string& from) const {
    return replace_and_move(inside_->app, [manner, from] {
        return brew(manner, manner->lends(), Water{.from = from});
    });
}
Room::Replaced Room::replace_water_twice(const Manner& manner, const std::string& first,
                                         const std::string& second) const {
    const auto from = [&](const std::string& where) {
        return [manner, where] { return brew(manner, manner->lends(), Water{.from = where}); };
    };
    return replace_twice(inside_->app, from(first), from(second));
}
Room::Replaced Room::replace_biscuit(const Manner& manner) const {
    return replace(inside_->app, [manner] { return brew(manner, manner->lends(), Biscuit{}); });
}
Room::Replaced Room::replace_database(const std::string& database) const {
    return replace(inside_->app,
                   [engine = shop::Engine(database)] { return shop::get_session(engine); });
}
Room::Replaced Room::replace_tea_by_hot_water(const Manner& manner) const {
    return replace(inside_->app, [manner](const httplib::Request&, const Water& water) {
        return brew(manner, manner->lends(), Tea{&water, nullptr});
    });
}
Room::Replaced Room::replace_water_by_well(const std::shared_ptr<int>& depth) const {
    return replace(inside_->app, [depth]() -> shop::Scoped<Water> {
        Water water{.from = "a well of " + std::to_string(*depth) + " feet"};
        co_yield water;  // the teardown uses nothing of `depth`: one that does would be undefined
    });
}

struct Scope::Inside {
    Inside(const App& app, const httplib::Request& request) : scope(app, request) {}
    ScopeOfApp scope;
};

Scope::Scope(const Room& room, const httplib::Request& request)
    : inside_(new Inside(room.inside_->app, request)) {}
Scope::~Scope() = default;

Water& Scope::water() {
    return inside_->scope.get<Water>();
}
Milk& Scope::milk() {
    return inside_->scope.get<Milk>();
}
Tea& Scope::tea() {
    return inside_->scope.get<Tea>();
}
Biscuit& Scope::biscuit() {
    return inside_->scope.get<Biscuit>();
}
const Water* Scope::calls_for_water() {
    return inside_->scope.call([](Water& given) { return &given; });
}
void Scope::leave(const std::exception_ptr& thrown) {
    inside_->scope.leave(thrown);
}

}  // namespace tea
