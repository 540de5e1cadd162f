// What the tests of lesson 04 see of the learner's depends.hpp: an Injector for the room behind the
// shop, where there is tea. subject.cpp, which includes depends.hpp, is compiled for each answer;
// the tests, which do not, are compiled once.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>

namespace httplib {
struct Request;
}

namespace tea {

struct Water {
    std::string from = "the tap";
    const httplib::Request* poured_for = nullptr;
};
struct Milk {};
struct Tea {
    const Water* water = nullptr;
    const Milk* milk = nullptr;
};
struct Biscuit {};

// What a provider of the room does, and its coroutine:
//
//     [manner] { return coroutine(manner, manner->lends(), Milk{}); }
//
//     Scoped<Milk> coroutine(Manner manner, std::shared_ptr<void> lent, Milk milk) {
//         const std::shared_ptr<void> local = manner->sets_up();
//         try {
//             co_yield milk;
//             manner->tears_down();
//         } catch (...) {
//             manner->hears();
//         }
//     }
class Behaviour {
 public:
    virtual ~Behaviour() = default;
    // What the coroutine is lent, and keeps as long as its frame lives.
    virtual std::shared_ptr<void> lends() const { return nullptr; }
    // What this returns goes when the coroutine's body ends.
    virtual std::shared_ptr<void> sets_up() const { return nullptr; }
    virtual void tears_down() const {}
    // Called in a catch block: throws it on, or swallows it.
    virtual void hears() const { throw; }
};
using Manner = std::shared_ptr<const Behaviour>;

struct RoomOptions {
    Manner water = std::make_shared<Behaviour>();
    Manner milk = std::make_shared<Behaviour>();
    Manner tea = std::make_shared<Behaviour>();
    Manner biscuit = std::make_shared<Behaviour>();
};

// An Injector with providers of the shop's Session, of water, milk, tea and biscuits, in this
// order. Water asks for the request; tea asks for milk and then for water. A copy of a room has a
// copy of its Injector.
class Room {
 public:
    explicit Room(const RoomOptions& options, const std::string& database = "");
    Room(const Room& other);
    Room& operator=(const Room&) = delete;
    ~Room();

    // The Injector's `call`, with handlers that ask for one thing or another.
    using Request = httplib::Request;
    void call(const Request& request, const std::function<void()>& handler) const;
    void call(const Request& request, const std::function<void(Tea&, Biscuit&)>& handler) const;
    void call(const Request& request, const std::function<void(Biscuit&, Tea&)>& handler) const;
    void call(const Request& request,
              const std::function<void(Biscuit&, Water&, Milk&)>& handler) const;
    void call(const Request& request,
              const std::function<void(Tea&, Water&, const Water&, Milk&, const Request&)>& handler)
        const;
    // What the handler returns cannot be copied.
    std::unique_ptr<std::string> call(
        const Request& request,
        const std::function<std::unique_ptr<std::string>(Water&)>& handler) const;
    // With one that asks for the Session and looks how many of an item there are.
    std::int64_t stock(std::int64_t item) const;

    // The Injector's `replace`. The Replacement goes with what it returns.
    using Replaced = std::shared_ptr<void>;
    [[nodiscard]] Replaced replace_water(const Manner& manner, const std::string& from) const;
    // The same, by a Replacement that is moved once; null when it cannot be.
    [[nodiscard]] Replaced replace_water_and_move(const Manner& manner,
                                                  const std::string& from) const;
    // By one Replacement, to which another is assigned; null when that cannot be.
    [[nodiscard]] Replaced replace_water_twice(const Manner& manner, const std::string& first,
                                               const std::string& second) const;
    [[nodiscard]] Replaced replace_biscuit(const Manner& manner) const;
    [[nodiscard]] Replaced replace_database(const std::string& database) const;
    // By a provider that asks for the request and for water.
    [[nodiscard]] Replaced replace_tea_by_hot_water(const Manner& manner) const;
    // By a lambda that is itself the coroutine, and that has `depth` among its captures only.
    [[nodiscard]] Replaced replace_water_by_well(const std::shared_ptr<int>& depth) const;

 private:
    friend class Scope;
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

// A Scope of a room's Injector.
class Scope {
 public:
    Scope(const Room& room, const httplib::Request& request);
    Scope(const Scope&) = delete;
    Scope& operator=(const Scope&) = delete;
    ~Scope();
    Water& water();
    Milk& milk();
    Tea& tea();
    Biscuit& biscuit();
    // Its `call`, with a function that asks for water and returns where that is.
    const Water* calls_for_water();
    void leave(const std::exception_ptr& thrown);

 private:
    struct Inside;
    std::unique_ptr<Inside> inside_;
};

}  // namespace tea
