// 04 depends: within a request everybody who asks is given the same one, and teardown runs in
// reverse order.
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <httplib.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "04_depends/subject.hpp"
#include "support/catch.hpp"
#include "support/gate.hpp"
#include "support/lock_waits.hpp"
#include "support/replies.hpp"
#include "support/running_shop.hpp"

using support::Barrier;
using support::Customer;
using support::DatabaseFile;
using support::expect_told;
using support::Held;
using support::LockWaits;
using support::Pending;
using support::Reply;
using support::RunningShop;
using support::Step;
using tea::Biscuit;
using tea::Manner;
using tea::Milk;
using tea::Room;
using tea::Scope;
using tea::Tea;
using tea::Water;

namespace {

std::int64_t visits_of(const RunningShop& shop, const std::string& name) {
    return shop.database().number(
        fmt::format("SELECT visits FROM customers WHERE name = '{}'", name));
}

// On how many connections a customer's requests ran statements.
std::int64_t connections_of(RunningShop& shop, const std::string& name) {
    const auto connections = shop.ledger().connections();
    return std::count_if(connections.begin(), connections.end(), [&](const auto& connection) {
        return std::any_of(connection.used_by.begin(), connection.used_by.end(),
                           [&](const std::string& who) { return who.starts_with(name + " ("); });
    });
}

// What happened in the tea room behind the shop, in order.
using Diary = std::vector<std::string>;

std::string in_words(const Diary& diary) {
    return fmt::format("{}", fmt::join(diary, ", "));
}

// What a handler might throw, and nothing that the standard library knows.
struct Spilled {
    int cups;
};

enum class Habit { careful, fails_to_set_up, fails_to_tear_down, swallows };

// Writes down what it comes to.
class Brew : public tea::Behaviour {
 public:
    Brew(Diary& diary, std::string name, Habit habit)
        : diary_(diary), name_(std::move(name)), habit_(habit) {}
    std::shared_ptr<void> sets_up() const override {
        if (habit_ == Habit::fails_to_set_up) throw std::runtime_error("no " + name_);
        diary_.push_back(name_ + " comes");
        return nullptr;
    }
    void tears_down() const override {
        if (habit_ == Habit::fails_to_tear_down) throw std::runtime_error(name_ + " everywhere");
        diary_.push_back(name_ + " goes");
    }
    void hears() const override {
        try {
            throw;
        } catch (const Spilled& spilled) {
            diary_.push_back(fmt::format("{} hears of {} cups", name_, spilled.cups));
            if (habit_ == Habit::fails_to_tear_down)
                throw std::runtime_error(name_ + " everywhere");
            if (habit_ != Habit::swallows) throw;
        } catch (const std::exception& error) {
            diary_.push_back(fmt::format("{} hears of {}", name_, error.what()));
            if (habit_ != Habit::swallows) throw;
        }
    }

 private:
    Diary& diary_;
    std::string name_;
    Habit habit_;
};

Manner brew(Diary& diary, const std::string& name, Habit habit = Habit::careful) {
    return std::make_shared<Brew>(diary, name, habit);
}

struct TeaRoomOptions {
    Habit water = Habit::careful;
    Habit tea = Habit::careful;
    Habit biscuit = Habit::careful;
};

// Tea needs milk and water, and asks for the milk first.
Room tea_room(Diary& diary, TeaRoomOptions options = {}) {
    return Room({.water = brew(diary, "water", options.water),
                 .milk = brew(diary, "milk"),
                 .tea = brew(diary, "tea", options.tea),
                 .biscuit = brew(diary, "biscuit", options.biscuit)});
}

// What came out of a request: "returned", "threw 3 cups", or the text of another exception.
template <typename Body>
std::string outcome(const Room& app, Body body) {
    const httplib::Request request;
    try {
        app.call(request, body);
        return "returned";
    } catch (const Spilled& spilled) {
        return fmt::format("threw {} cups", spilled.cups);
    } catch (const std::exception& error) {
        return error.what();
    }
}

// Where a request's water came from.
std::string taste(const Room& app) {
    const httplib::Request request;
    try {
        return *app.call(request,
                         [](Water& water) { return std::make_unique<std::string>(water.from); });
    } catch (const std::exception& error) {
        return fmt::format("nowhere: {}", error.what());
    }
}

Room::Replaced replace_water(const Room& app, Diary& diary, const std::string& where) {
    return app.replace_water(brew(diary, where), where);
}

}  // namespace

// One of each in a request.

TEST_CASE("Alice's order is accepted and her visit is counted", "[pitfall][stage 1]") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer alice = shop.customer("alice");
    const Reply order = alice.orders(shop::teapot, 2);
    std::string why = fmt::format("Alice was told {}.", order.status);
    if (waits.count() > 0)
        why +=
            " Her request waited for a lock until it timed out, and she was the only customer in the shop: her own request held that lock.";
    NEED(order.status == 201, why);
    EXPECT(visits_of(shop, "alice") == 1, "Alice was here, and her visit was not counted.");
    CHECK(shop.orders_of("alice") == 1);
    CHECK(shop.stock(shop::teapot) == 8);
    CHECK(alice.orders(shop::teapot, 1).status == 201);
    CHECK(visits_of(shop, "alice") == 2);
}

TEST_CASE("An order has one session", "[pitfall][stage 1]") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer alice = shop.customer("alice");
    alice.orders(shop::teapot, 2);
    const auto connections = connections_of(shop, "alice");
    EXPECT(connections == 1,
           fmt::format("Alice's order ran on {} connections. Her handler and current_customer both "
                       "asked for a Session, and a request has only one.",
                       connections));
}

TEST_CASE("A refused order is told why and takes the visit back", "[pitfall][stage 1]") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    shop.bank().decline("alice", Step::capture);
    shop.bank().decline("bob", Step::authorize);
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    Customer carol = shop.customer("carol");
    expect_told(alice.orders(shop::teapot, 2), "Alice", "402 payment declined");
    expect_told(bob.orders(shop::teapot, 2), "Bob", "402 payment declined");
    expect_told(carol.orders(77, 1), "Carol", "404 no such item");
    expect_told(carol.orders(shop::samovar, 1), "Carol", "409 sold out");
    EXPECT(shop.orders_of("alice") == 0,
           "Alice's card was declined, and her order is in the database: it went through, and "
           "nobody pays for it.");
    EXPECT((shop.stock(shop::teapot) == 10 && shop.stock(shop::samovar) == 0),
           "Every order was refused, and stock that they had taken is still taken.");
    const auto visits = shop.database().number("SELECT sum(visits) FROM customers");
    EXPECT(visits == 0,
           fmt::format("Every order was refused and taken back, and visits of the same requests "
                       "were kept: {}. A visit is part of its request's transaction.",
                       visits));
}

TEST_CASE("All who ask are given the same", "[pitfall][stage 1]") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    app.call(request, [&](Tea& tea, Water& water, const Water& again, Milk& milk,
                          const httplib::Request&) {
        EXPECT(std::count(diary.begin(), diary.end(), "water comes") == 1,
               fmt::format("Tea needs water, and the handler asked for it twice more. What "
                           "happened: {}.",
                           in_words(diary)));
        EXPECT((tea.water == &water && &again == &water && tea.milk == &milk),
               "Within one request, two were given different water.");
    });
    EXPECT(
        std::count(diary.begin(), diary.end(), "water goes") == 1,
        fmt::format("One water was set up, and it goes once. What happened: {}.", in_words(diary)));
    EXPECT(diary.size() == 6,
           fmt::format("Milk, water and tea come and go, and nothing else. What happened: {}.",
                       in_words(diary)));
}

TEST_CASE("Two calls within one scope are given the same", "[pitfall][stage 1]") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    Scope scope(app, request);
    const Water* const first = scope.calls_for_water();
    const Water* const then = scope.calls_for_water();
    EXPECT(first == then,
           fmt::format("One scope called two functions, one after the other, and gave them "
                       "different water. What happened: {}.",
                       in_words(diary)));
    EXPECT(
        then == &scope.water(),
        "A scope gave one water to the function that it called, and another to the next caller.");
    scope.leave(nullptr);
    EXPECT(diary == (Diary{"water comes", "water goes"}),
           fmt::format(
               "Everybody in a scope had its water, and the scope was left. What happened: {}.",
               in_words(diary)));
}

TEST_CASE("A scope agrees with itself on two threads", "[pitfall][stage 1]") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    Scope scope(app, request);
    const Water* const here = &scope.water();
    const Water* there = nullptr;
    std::thread([&] { there = &scope.water(); }).join();
    EXPECT(here == there,
           "One scope was asked for water on two threads, one after the other, and set it up "
           "twice. A request may continue on another thread.");
    scope.leave(nullptr);
}

TEST_CASE("A scope keeps what it has when that is replaced", "[pitfall][stage 1]") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    Scope scope(app, request);
    const Water* const water = &scope.water();
    {
        [[maybe_unused]] const auto rain = replace_water(app, diary, "the rain");
        EXPECT(water == &scope.water(),
               "A request had its water when somebody replaced it, and was given other water.");
    }
    scope.leave(nullptr);
    EXPECT(diary == (Diary{"water comes", "water goes"}),
           fmt::format("A request had its water when somebody replaced it for a while. What "
                       "happened: {}.",
                       in_words(diary)));
}

TEST_CASE("What a failing set-up has needed stays in the scope", "[pitfall][stage 1]") {
    Diary diary;
    const auto app = tea_room(diary, {.tea = Habit::fails_to_set_up});
    const httplib::Request request;
    Scope scope(app, request);
    for (int i = 0; i < 2; ++i) CHECK_THROWS(scope.tea());
    std::string water = "poured";
    try {
        scope.water();
    } catch (const std::exception& error) {
        water = error.what();
    }
    EXPECT(water == "poured",
           fmt::format("Tea failed to be set up, and the water that was there for it was not given "
                       "to the next who asked. What came was \"{}\".",
                       water));
    EXPECT(diary == (Diary{"milk comes", "water comes"}),
           fmt::format("Tea failed twice to be set up, in one scope. The milk and the water that "
                       "it needs come once, and stay until the scope is left. What happened: {}.",
                       in_words(diary)));
    scope.leave(nullptr);
}

TEST_CASE("Two scopes on one thread have nothing in common") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    {
        Scope first(app, request);
        Scope second(app, request);
        const Water* const water = &first.water();
        EXPECT(water != &second.water(), "Two requests on one thread were given the same water.");
        first.leave(nullptr);
        EXPECT(diary == (Diary{"water comes", "water comes", "water goes"}),
               fmt::format("One of two scopes was left. What happened: {}.", in_words(diary)));
        second.leave(nullptr);
    }
    const auto other_route = app;
    diary.clear();
    const auto nothing = [] { return std::unique_ptr<std::string>(); };
    app.call(request, [&](Water& outer) {
        other_route.call(request, [&](Water& inner) {
            EXPECT(&outer != &inner, "Two requests, one inside the other, had the same water.");
            return nothing();
        });
        EXPECT(diary == (Diary{"water comes", "water comes", "water goes"}),
               fmt::format("The inner of two requests is over, the outer is not. What happened: "
                           "{}.",
                           in_words(diary)));
        return nothing();
    });
    CHECK(diary.size() == 4);
}

TEST_CASE("A set-up that waits holds up nobody else's request") {
    struct Meeting : tea::Behaviour {
        mutable Barrier both{2};
        std::shared_ptr<void> sets_up() const override {
            if (!both.arrive_and_wait()) throw std::runtime_error("nobody else may wait here");
            return nullptr;
        }
    };
    const Room app({.water = std::make_shared<Meeting>()});
    std::string there;
    std::thread other([&] { there = taste(app); });
    const std::string here = taste(app);
    other.join();
    EXPECT((here == "the tap" && there == "the tap"),
           "Two customers' requests asked for water at once, and the one's set-up did not begin "
           "until the other's was done: a provider that waits for a database would hold up the "
           "whole shop.");
}

TEST_CASE("Others look around while Alice is at the bank", "[pitfall][stage 1]") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer alice = shop.customer("alice");
    Customer bob = shop.customer("bob");
    const Reply ordinary = alice.orders(shop::teapot, 1);
    NEED(ordinary.status == 201,
         fmt::format("Alice ordered on an ordinary day, and was told {}.", ordinary.told()));
    Held bank = shop.bank().hold("alice", Step::authorize);
    const Pending order = alice.starts_to_order(shop::teapot, 2);
    NEED(bank.is_asked(), "Alice ordered, and the bank was never asked about her card.");
    EXPECT(bob.gets("/items/1").status == 200,
           "Bob only looked, and got no answer while Alice was at the bank.");
    bank.accept();
    CHECK(order.reply().status == 201);
}

TEST_CASE("The next request gets its own") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    const auto route = [](Water&) -> std::unique_ptr<std::string> { return nullptr; };
    const auto other_route = [](Biscuit&, Water&, Milk&) {};
    app.call(request, route);
    EXPECT(diary == (Diary{"water comes", "water goes"}),
           fmt::format("A request is over. What happened: {}.", in_words(diary)));
    app.call(request, route);
    app.call(request, other_route);
    EXPECT(diary.size() == 10,
           fmt::format("Three requests asked for water, two of them on the same route, the third "
                       "for a biscuit and milk as well. What happened: {}.",
                       in_words(diary)));
}

TEST_CASE("Needs are set up first, and nothing else is") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    app.call(request, [&](Tea&, Biscuit&) {
        EXPECT(diary == (Diary{"milk comes", "water comes", "tea comes", "biscuit comes"}),
               fmt::format("A handler asked for tea and a biscuit, and tea asks for milk and "
                           "water. What happened: {}.",
                           in_words(diary)));
    });
    diary.clear();
    app.call(request, [&](Biscuit&, Water&, Milk&) {
        EXPECT(diary == (Diary{"biscuit comes", "water comes", "milk comes"}),
               fmt::format("A handler asked for a biscuit, water and milk. What happened: {}.",
                           in_words(diary)));
    });
    diary.clear();
    app.call(request, [] {});
    EXPECT(diary.empty(),
           fmt::format("Nobody asked for anything. What happened: {}.", in_words(diary)));
}

TEST_CASE("The request itself can be asked for") {
    const Room app({});
    const httplib::Request request;
    app.call(request, [&](Tea&, Water& water, const Water&, Milk&, const httplib::Request& given) {
        CHECK(&given == &request);
        CHECK(water.poured_for == &request);
    });
}

TEST_CASE("An unknown customer is told 401 and leaves nothing behind") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer mallory = shop.customer("mallory");
    const Reply order = mallory.orders(shop::teapot, 2);
    EXPECT(order.told() == "401 say who you are, in the header X-Customer",
           fmt::format("The shop knows no Mallory, and told her \"{}\".", order.told()));
    CHECK(order.headers.contains("WWW-Authenticate"));  // with a 401 HTTP wants it
    EXPECT(shop.bank().asked("mallory", Step::authorize) == 0,
           "The shop knows no Mallory, and asked the bank about her card.");
    CHECK(shop.orders_of("mallory") == 0);
    CHECK(shop.database().number("SELECT sum(visits) FROM customers") == 0);
    CHECK(shop.ledger().open_connections() == 0);
}

TEST_CASE("Looking and reviewing take one connection, and none is left behind") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer bob = shop.customer("bob");
    const Reply review = bob.reviews(shop::teapot, "Pours well.");
    CHECK(review.status == 201);
    CHECK(bob.gets(review.location).text("/review/text") == "Pours well.");
    CHECK(bob.gets("/items/1").number("/item/stock") == 10);
    const auto connections = connections_of(shop, "bob");
    EXPECT(connections == 3, fmt::format("Bob wrote one review and looked twice, which ran on {} "
                                         "connections.",
                                         connections));
    expect_told(bob.gets("/items/77"), "Bob", "404 no such item");
    expect_told(bob.gets("/orders/1"), "Bob", "404 no such order");
    expect_told(bob.gets("/reviews/77"), "Bob", "404 no such review");
    expect_told(bob.reviews(77, "What is it?"), "Bob", "404 no such item");
    expect_told(bob.posts("/orders", "a teapot, please"), "Bob", "400 the body is not JSON");
    for (const auto& request : shop.ledger().requests()) {
        EXPECT(request.left_open == 0,
               fmt::format("\"{}\" is over, and {} of its connections are open.", request.name,
                           request.left_open));
    }
    CHECK(shop.ledger().open_connections() == 0);
}

TEST_CASE("Bob is shown what he bought and what he wrote", "[pitfall][stage 1]") {
    const LockWaits waits(LockWaits::Length::none);
    RunningShop shop;
    Customer bob = shop.customer("bob");
    support::expect_whole_replies(bob);
}

TEST_CASE("A commit that fails is not told as a success") {
    RunningShop shop;
    Customer bob = shop.customer("bob");
    shop.ledger().refuse_next_commit();
    const Reply review = bob.reviews(shop::teapot, "Pours well.");
    EXPECT(
        review.status == 500,
        fmt::format("SQLite refused to commit Bob's review, and he was told {}.", review.status));
    CHECK(shop.reviews() == 0);
    CHECK(bob.reviews(shop::teapot, "Pours well.").status == 201);
}

// The way out.

TEST_CASE("The last one set up is torn down first", "[pitfall][stage 2]") {
    Diary diary;
    const auto app = tea_room(diary);
    CHECK(outcome(app, [&](Tea&, Biscuit&) { diary.clear(); }) == "returned");
    EXPECT(diary == (Diary{"biscuit goes", "tea goes", "water goes", "milk goes"}),
           fmt::format("Milk and water, then the tea that needs them, then a biscuit were set up. "
                       "On the way out: {}.",
                       in_words(diary)));
}

TEST_CASE("All are told of the handler's exception, the last first", "[pitfall][stage 2]") {
    Diary diary;
    const auto app = tea_room(diary);
    const std::string out = outcome(app, [&](Tea&, Biscuit&) {
        diary.clear();
        throw Spilled{3};
    });
    EXPECT(diary == (Diary{"biscuit hears of 3 cups", "tea hears of 3 cups",
                           "water hears of 3 cups", "milk hears of 3 cups"}),
           fmt::format("The handler spilled three cups, and each of four dependencies has to hear "
                       "of it at its co_yield, the last first. On the way out: {}.",
                       in_words(diary)));
    CHECK(out == "threw 3 cups");
}

TEST_CASE("When a set-up fails, what was there before it goes", "[pitfall][stage 2]") {
    Diary diary;
    const auto app = tea_room(diary, {.tea = Habit::fails_to_set_up});
    bool served = false;
    const std::string out = outcome(app, [&](Biscuit&, Tea&) { served = true; });
    EXPECT(diary == (Diary{"biscuit comes", "milk comes", "water comes", "water hears of no tea",
                           "milk hears of no tea", "biscuit hears of no tea"}),
           fmt::format("A biscuit, milk and water were there when the tea failed. They have to "
                       "hear of it, the last first. What happened: {}.",
                       in_words(diary)));
    CHECK(out == "no tea");
    CHECK(!served);
}

TEST_CASE("When a teardown fails, those that are left are told", "[pitfall][stage 2]") {
    Diary diary;
    const auto app = tea_room(diary, {.biscuit = Habit::fails_to_tear_down});
    const std::string out = outcome(app, [&](Tea&, Biscuit&) { diary.clear(); });
    EXPECT(
        diary == (Diary{"biscuit hears of biscuit everywhere", "tea hears of biscuit everywhere",
                        "water hears of biscuit everywhere", "milk hears of biscuit everywhere"}),
        fmt::format("The handler returned, and the last dependency failed on its way out. Those "
                    "before it have to hear of that, or they commit what has failed. What "
                    "happened: {}.",
                    in_words(diary)));
    EXPECT(out == "biscuit everywhere",
           fmt::format("A teardown failed, and what came out was: {}.", out));
}

TEST_CASE("A teardown's exception need not be a std::exception", "[pitfall][stage 2]") {
    Diary diary;
    struct Spilling : tea::Behaviour {
        void tears_down() const override { throw Spilled{2}; }
    };
    const Room app({.water = brew(diary, "water"), .milk = std::make_shared<Spilling>()});
    const std::string out = outcome(app, [](Biscuit&, Water&, Milk&) {});
    EXPECT(out == "threw 2 cups",
           fmt::format("The milk's teardown spilled two cups, and the request {}.", out));
    EXPECT(diary == (Diary{"water comes", "water hears of 2 cups"}),
           fmt::format("Milk came after the water, and spilled two cups on its way out. The water "
                       "has to hear of them. What happened: {}.",
                       in_words(diary)));
}

TEST_CASE("A teardown's exception keeps its type") {
    struct Leaking : tea::Behaviour {
        void tears_down() const override { throw std::out_of_range("no more milk"); }
    };
    Diary diary;
    const Room app({.water = brew(diary, "water"), .milk = std::make_shared<Leaking>()});
    std::string caught = "nothing";
    try {
        app.call(httplib::Request{}, [](Biscuit&, Water&, Milk&) {});
    } catch (const std::out_of_range&) {
        caught = "std::out_of_range";
    } catch (const std::exception&) {
        caught = "a std::exception of another type";
    }
    EXPECT(caught == "std::out_of_range",
           fmt::format("A teardown threw a std::out_of_range, and the shop caught {}. It can only "
                       "answer what it still recognizes.",
                       caught));
}

TEST_CASE("The first error is the one that all are told of", "[pitfall][stage 2]") {
    Diary diary;
    const auto app =
        tea_room(diary, {.tea = Habit::fails_to_tear_down, .biscuit = Habit::fails_to_tear_down});
    const std::string out = outcome(app, [&](Tea&, Biscuit&) {
        diary.clear();
        throw Spilled{3};
    });
    EXPECT(diary == (Diary{"biscuit hears of 3 cups", "tea hears of 3 cups",
                           "water hears of 3 cups", "milk hears of 3 cups"}),
           fmt::format("The handler spilled three cups, then two teardowns failed as well. What "
                       "happened first is the news. On the way out: {}.",
                       in_words(diary)));
    EXPECT(out == "threw 3 cups",
           fmt::format("The handler spilled three cups, two teardowns failed, and what came out "
                       "was: {}.",
                       out));
}

TEST_CASE("Swallowing an error hides it from nobody", "[pitfall][stage 2]") {
    Diary diary;
    const auto app = tea_room(diary, {.tea = Habit::swallows, .biscuit = Habit::swallows});
    const std::string out = outcome(app, [&](Tea&, Biscuit&) {
        diary.clear();
        throw Spilled{3};
    });
    EXPECT(diary == (Diary{"biscuit hears of 3 cups", "tea hears of 3 cups",
                           "water hears of 3 cups", "milk hears of 3 cups"}),
           fmt::format("The handler spilled three cups, and two of the dependencies caught that "
                       "and did not rethrow it. On the way out: {}.",
                       in_words(diary)));
    CHECK(out == "threw 3 cups");
}

TEST_CASE("The handler's result comes out when all is torn down") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    const auto told =
        app.call(request, [](Water&) { return std::make_unique<std::string>("enjoy"); });
    diary.emplace_back(*told);
    EXPECT(
        (diary == Diary{"water comes", "water goes", "enjoy"}),
        fmt::format("A handler asked for water and returned. What happened: {}.", in_words(diary)));
}

TEST_CASE("A scope that has ended says so") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    Scope scope(app, request);
    scope.water();
    scope.leave(nullptr);
    const auto refuses = [](auto ask) {
        try {
            ask();
            return false;
        } catch (const std::logic_error&) {
            return true;
        }
    };
    EXPECT(refuses([&] { scope.water(); }),
           "A scope was left, and gave out the water that it had torn down.");
    EXPECT(refuses([&] { scope.milk(); }),
           "A scope was left, and set up milk that nobody will tear down.");
    CHECK(diary == (Diary{"water comes", "water goes"}));
}

TEST_CASE("A scope that was left with an error has ended as well") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    Scope scope(app, request);
    scope.water();
    CHECK_THROWS_AS(scope.leave(std::make_exception_ptr(Spilled{3})), Spilled);
    bool refused = false;
    try {
        scope.milk();
    } catch (const std::logic_error&) {
        refused = true;
    }
    EXPECT(refused,
           "A scope was left with an error, and then set up milk that nobody will tear down.");
    CHECK(diary == (Diary{"water comes", "water hears of 3 cups"}));
}

TEST_CASE("A scope passes on what it is left with") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    const auto leaves_with_three_cups = [](auto& scope) {
        try {
            scope.leave(std::make_exception_ptr(Spilled{3}));
            return false;
        } catch (const Spilled& spilled) {
            return spilled.cups == 3;
        }
    };
    Scope empty(app, request);
    EXPECT(leaves_with_three_cups(empty),
           "A scope in which nothing was set up was left with an exception, and swallowed it.");
    Scope scope(app, request);
    scope.water();
    EXPECT(leaves_with_three_cups(scope), "A scope was left with an exception, and swallowed it.");
    CHECK(diary == (Diary{"water comes", "water hears of 3 cups"}));
}

TEST_CASE("A failed set-up leaves nothing there") {
    Diary diary;
    const auto app = tea_room(diary, {.tea = Habit::fails_to_set_up});
    const httplib::Request request;
    Scope scope(app, request);
    const auto asks = [&] {
        try {
            scope.tea();
            return std::string("got tea");
        } catch (const std::exception& error) {
            return std::string(error.what());
        }
    };
    CHECK(asks() == "no tea");
    const std::string again = asks();
    EXPECT(again == "no tea",
           fmt::format("The tea failed to be set up with \"no tea\", somebody asked once more, and "
                       "what came was \"{}\".",
                       again));
    std::string torn_down = "nothing";
    try {
        scope.leave(nullptr);
    } catch (const std::exception& error) {
        torn_down = error.what();
    }
    EXPECT(torn_down == "nothing",
           fmt::format("The tea failed to be set up, and when the scope was left there was "
                       "something of it to tear down: {}.",
                       torn_down));
}

namespace {

// Something of a dependency's that says when it is gone.
std::shared_ptr<void> farewell(Diary& diary, const std::string& name) {
    return {nullptr, [&diary, name](void*) { diary.push_back(name + " is gone"); }};
}

class Fragile : public tea::Behaviour {
 public:
    Fragile(Diary& diary, std::string name) : diary_(diary), name_(std::move(name)) {}
    std::shared_ptr<void> sets_up() const override { return farewell(diary_, name_); }
    void tears_down() const override { diary_.push_back(name_ + " goes"); }

 private:
    Diary& diary_;
    std::string name_;
};

// Keeps what it was given in its frame, and not in its body, which ends before the frame.
class Holding : public tea::Behaviour {
 public:
    explicit Holding(std::function<std::shared_ptr<void>()> given) : given_(std::move(given)) {}
    std::shared_ptr<void> lends() const override { return given_(); }

 private:
    std::function<std::shared_ptr<void>()> given_;
};

}  // namespace

TEST_CASE("A scope that nobody leaves is emptied, the last first") {
    Diary diary;
    const Room app({.water = std::make_shared<Fragile>(diary, "water"),
                    .milk = std::make_shared<Fragile>(diary, "milk"),
                    .biscuit = std::make_shared<Fragile>(diary, "biscuit")});
    const httplib::Request request;
    {
        Scope scope(app, request);
        scope.milk();
        scope.biscuit();
        scope.water();
    }
    EXPECT(diary == (Diary{"water is gone", "biscuit is gone", "milk is gone"}),
           fmt::format("A scope went and nobody had left it. What happened: {}.", in_words(diary)));
}

TEST_CASE("The last one set up is gone first") {
    Diary diary;
    const auto holding = [&](const char* name) {
        return std::make_shared<Holding>([&diary, name] { return farewell(diary, name); });
    };
    const Room app(
        {.water = holding("water"), .milk = holding("milk"), .biscuit = holding("biscuit")});
    CHECK(outcome(app, [](Biscuit&, Water&, Milk&) {}) == "returned");
    EXPECT(diary == (Diary{"milk is gone", "water is gone", "biscuit is gone"}),
           fmt::format("A biscuit, water and milk were set up, in that order, and each was given "
                       "something to keep until it is over. On the way out: {}.",
                       in_words(diary)));
}

TEST_CASE("A dependency's arguments go with the request") {
    const auto cup = std::make_shared<int>(7);
    const Room app({.water = std::make_shared<Holding>([&cup] { return cup; })});
    const auto drink = [](Water&) -> std::unique_ptr<std::string> { return nullptr; };
    const auto spill = [](Water&) -> std::unique_ptr<std::string> { throw Spilled{1}; };
    CHECK(outcome(app, drink) == "returned");
    EXPECT(cup.use_count() == 1, "A request is over, and what it was lent is still held.");
    CHECK(outcome(app, spill) == "threw 1 cups");
    EXPECT(cup.use_count() == 1, "A request failed, and what it was lent is still held.");
}

// In somebody's place.

TEST_CASE("A replacement ends with its block", "[pitfall][stage 3]") {
    Diary diary;
    const auto app = tea_room(diary);
    {
        [[maybe_unused]] const auto rain = replace_water(app, diary, "the rain");
        CHECK(taste(app) == "the rain");
    }
    EXPECT(taste(app) == "the tap",
           fmt::format("A test had the water replaced. It is over, and the next test's water is "
                       "from {}.",
                       taste(app)));
}

TEST_CASE("A replacement is gone when the test throws", "[pitfall][stage 3]") {
    Diary diary;
    const auto app = tea_room(diary);
    try {
        [[maybe_unused]] const auto rain = replace_water(app, diary, "the rain");
        throw Spilled{3};
    } catch (const Spilled&) {  // a test that fails
    }
    EXPECT(taste(app) == "the tap",
           fmt::format("A test had the water replaced and failed. The next test's water is from "
                       "{}.",
                       taste(app)));
}

TEST_CASE("Replacements within replacements end one by one", "[pitfall][stage 3]") {
    Diary diary;
    const auto app = tea_room(diary);
    {
        [[maybe_unused]] const auto rain = replace_water(app, diary, "the rain");
        {
            [[maybe_unused]] const auto well = replace_water(app, diary, "the well");
            [[maybe_unused]] const auto crumb = app.replace_biscuit(brew(diary, "crumb"));
            CHECK(taste(app) == "the well");
        }
        EXPECT(taste(app) == "the rain",
               fmt::format("Rain stood in for the tap, and for a while the well for the rain. That "
                           "is over, and the water is from {}.",
                           taste(app)));
        diary.clear();
        const httplib::Request request;
        Scope scope(app, request);
        scope.biscuit();
        scope.leave(nullptr);
        EXPECT(diary == (Diary{"biscuit comes", "biscuit goes"}),
               fmt::format("For a while a crumb stood in for the biscuit. That is over. What "
                           "happened: {}.",
                           in_words(diary)));
    }
    CHECK(taste(app) == "the tap");
}

TEST_CASE("Replacements may end in any order", "[pitfall][stage 3]") {
    Diary diary;
    const auto app = tea_room(diary);
    const auto water_is_from = [&](const std::string& where, const std::string& what) {
        EXPECT(taste(app) == where, fmt::format("{}, and the water is from {}.", what, taste(app)));
    };
    auto rain = replace_water(app, diary, "the rain");
    auto well = replace_water(app, diary, "the well");
    auto lake = replace_water(app, diary, "the lake");
    water_is_from("the lake", "The tap was replaced by rain, then by a well, then by a lake");
    well.reset();
    water_is_from("the lake", "Of rain, well and lake, which came in that order, the well ended");
    lake.reset();
    water_is_from("the rain", "Of rain, well and lake the well ended, then the lake");
    auto sea = replace_water(app, diary, "the sea");
    rain.reset();
    water_is_from("the sea", "The sea came after the rain, and the rain ended");
    sea.reset();
    water_is_from("the tap", "All replacements of the tap have ended");

    rain = replace_water(app, diary, "the rain");
    well = replace_water(app, diary, "the well");
    lake = replace_water(app, diary, "the lake");
    rain.reset();
    water_is_from("the lake", "Of rain, well and lake, which came in that order, the rain ended");
    well.reset();
    water_is_from("the lake", "Of rain, well and lake the rain ended, then the well");
    lake.reset();
    water_is_from("the tap", "Rain, well and lake have ended, in the order in which they came");

    rain = replace_water(app, diary, "the rain");
    well = replace_water(app, diary, "the well");
    rain.reset();
    sea = replace_water(app, diary, "the sea");
    water_is_from("the sea", "Rain and well came, the rain ended, and then came the sea");
    sea.reset();
    water_is_from("the well", "Of rain, well and sea the rain ended, then the sea");
}

TEST_CASE("A replacement goes on where it is moved to") {
    Diary diary;
    const auto app = tea_room(diary);
    auto rain = app.replace_water_and_move(brew(diary, "the rain"), "the rain");
    if (rain == nullptr) {
        SUCCEED("this Replacement cannot be moved");
        return;
    }
    EXPECT(
        taste(app) == "the rain",
        fmt::format("Rain stood in for the tap. Its Replacement was moved to another place, what "
                    "is left of it at the first is gone, and the water is from {}.",
                    taste(app)));
    rain.reset();
    EXPECT(taste(app) == "the tap",
           fmt::format("Rain stood in for the tap. Its Replacement was moved, then it ended, and "
                       "the water is from {}.",
                       taste(app)));
}

TEST_CASE("A replacement ends when another is assigned to it") {
    Diary diary;
    const auto app = tea_room(diary);
    auto replaced = app.replace_water_twice(brew(diary, "the water"), "the rain", "the well");
    if (replaced == nullptr) {
        SUCCEED("nothing can be assigned to this Replacement");
        return;
    }
    EXPECT(taste(app) == "the well",
           fmt::format("Rain stood in for the tap. Another Replacement, by a well, was assigned to "
                       "the rain's, and the water is from {}.",
                       taste(app)));
    replaced.reset();
    EXPECT(taste(app) == "the tap",
           fmt::format("A well's Replacement was assigned to the rain's, then it ended, and the "
                       "water is from {}: a fixture that does so would leave its fake to all tests "
                       "that follow.",
                       taste(app)));
}

TEST_CASE("A replacement is over while a request still uses what it made", "[pitfall][stage 3]") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    Scope scope(app, request);
    {
        [[maybe_unused]] const auto rain = replace_water(app, diary, "the rain");
        CHECK(scope.water().from == "the rain");
    }
    EXPECT(taste(app) == "the tap",
           fmt::format("A request has its water from the rain, and the rain's replacement is over. "
                       "The next request's water is from {}: that somebody still uses what a "
                       "replacement made does not keep it in force.",
                       taste(app)));
    scope.leave(nullptr);
}

TEST_CASE("A test's database is under the shop only while the test runs", "[pitfall][stage 3]") {
    const DatabaseFile own;
    const DatabaseFile of_the_test;
    of_the_test.run("UPDATE items SET stock = 3 WHERE id = 1");
    const Room app({}, own.path());
    CHECK(app.stock(shop::teapot) == 10);
    {
        [[maybe_unused]] const auto other = app.replace_database(of_the_test.path());
        EXPECT(app.stock(shop::teapot) == 3,
               "A test put its own database under the shop, and the shop did not look into it.");
    }
    EXPECT(app.stock(shop::teapot) == 10,
           "A test put its own database under the shop. It is over, and the shop still looks into "
           "the test's.");
}

TEST_CASE("A replacement is in force for all who ask") {
    Diary diary;
    const auto app = tea_room(diary);
    const auto route = app;  // as each route has its copy
    CHECK(taste(route) == "the tap");
    [[maybe_unused]] const auto rain = replace_water(app, diary, "the rain");
    EXPECT(taste(route) == "the rain",
           fmt::format("The water was replaced by rain, and a route that had its copy of the "
                       "injector before is given water from {}.",
                       taste(route)));
    std::string elsewhere;
    std::thread([&] { elsewhere = taste(route); }).join();
    EXPECT(elsewhere == "the rain",
           fmt::format("The water was replaced by rain, and on another thread it is from {}.",
                       elsewhere));
    std::string in_the_tea = "nowhere";
    const auto looks = [&](Tea& tea, Biscuit&) { in_the_tea = tea.water->from; };
    CHECK(outcome(route, looks) == "returned");
    EXPECT(in_the_tea == "the rain",
           fmt::format("The water was replaced by rain, and tea is made with water from {}.",
                       in_the_tea));
}

TEST_CASE("A replacement outlives the copy of the injector that made it", "[pitfall][stage 3]") {
    Diary diary;
    const auto app = tea_room(diary);
    auto copy = std::make_unique<tea::Room>(app);
    auto rain = replace_water(*copy, diary, "the rain");
    copy.reset();
    // What it had in memory is used for something else by now.
    std::vector<std::string> others;
    for (std::size_t size = 16; size <= 128; size += 8) {
        for (int i = 0; i < 8; ++i) others.emplace_back(size - 1, 'Z');
    }
    EXPECT(taste(app) == "the rain",
           fmt::format("A copy of the injector replaced the water by rain and is gone. The "
                       "injectors have their providers in common, and the water is from {}.",
                       taste(app)));
    rain.reset();
    EXPECT(taste(app) == "the tap",
           fmt::format("Rain stood in for the tap, by a copy of the injector that is gone. Then "
                       "that was over, and the water is from {}.",
                       taste(app)));
}

TEST_CASE("A replacement is in force in a scope that was there before") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    Scope scope(app, request);
    [[maybe_unused]] const auto rain = replace_water(app, diary, "the rain");
    const std::string from = scope.water().from;
    EXPECT(from == "the rain",
           fmt::format("A request was under way and had no water yet when that was replaced by "
                       "rain. Then it asked, and was given water from {}.",
                       from));
    scope.leave(nullptr);
}

TEST_CASE("A replacement can need others") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    [[maybe_unused]] const auto rain = replace_water(app, diary, "the rain");
    [[maybe_unused]] const auto hot_water = app.replace_tea_by_hot_water(brew(diary, "hot water"));
    Scope scope(app, request);
    CHECK(scope.tea().water->from == "the rain");
    scope.leave(nullptr);
    diary.resize(2);
    EXPECT(diary == (Diary{"the rain comes", "hot water comes"}),
           fmt::format("Hot water stood in for the tea, and needs water. What happened: {}.",
                       in_words(diary)));
}

TEST_CASE("A provider lives as long as what it made") {
    Diary diary;
    const auto app = tea_room(diary);
    const httplib::Request request;
    Scope scope(app, request);
    std::weak_ptr<int> of_the_provider;
    {
        const auto depth = std::make_shared<int>(7);
        of_the_provider = depth;
        [[maybe_unused]] const auto well = app.replace_water_by_well(depth);
        CHECK(scope.water().from == "a well of 7 feet");
    }
    EXPECT(!of_the_provider.expired(),
           "A request has its water from a well, and the replacement of the tap is over. The "
           "well's captures are gone, and the water's teardown, which may use them, is to come.");
    scope.leave(nullptr);
}

TEST_CASE("Requests go on while somebody replaces") {
    const Room app({});
    std::vector<int> strange(4, 0);
    std::atomic<int> here = 4;
    std::vector<std::thread> customers;
    for (int& count : strange) {
        customers.emplace_back([&] {
            for (int i = 0; i < 300; ++i) {
                const std::string from = taste(app);
                count += from != "the tap" && from != "the rain" && from != "the snow" ? 1 : 0;
            }
            --here;
        });
    }
    const auto replaces = [&](const std::string& where) {
        while (here > 0) {
            [[maybe_unused]] const auto other =
                app.replace_water(std::make_shared<tea::Behaviour>(), where);
        }
    };
    std::thread another(replaces, "the snow");
    replaces("the rain");
    another.join();
    for (std::thread& customer : customers) customer.join();
    EXPECT(strange == std::vector<int>(4, 0),
           "Four customers asked for water while two others replaced the tap, by rain and by "
           "snow, over and over, and somebody was given water from none of them.");
}
