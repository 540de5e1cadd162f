// What the tests of lesson 03 see of the learner's scoped.hpp. subject.cpp, which includes it, is
// compiled for each answer; the tests, which do not, are compiled once.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace yield {

// What a coroutine did, in order.
using Diary = std::vector<std::string>;

// What a handler might throw, and nothing that the standard library knows.
struct Spilled {
    int cups;
};

// A Scoped<int> that yields a cup. Nobody has entered it yet.
class Dependency {
 public:
    virtual ~Dependency() = default;
    // Hands it to `use`, with a handler that returns nothing or an int. One of the two, once.
    virtual void lend_to(const std::function<void(int& cup)>& handler) = 0;
    virtual int answer_of(const std::function<int(int& cup)>& handler) = 0;
};

using Lent = std::unique_ptr<Dependency>;

// The coroutines that the tests lend from.
struct Coroutines {
    // Writes down "set up", then "the way out of success",
    // or how many cups were spilled; that it rethrows.
    Lent (*careful)(Diary& diary);
    // Uses a careful one, in its catch block, and throws on.
    Lent (*helped_on_the_way_out)(Diary& diary);
    // Catches what was thrown and does not rethrow it.
    Lent (*swallowing)();
    // Tries once more after an error, by a co_yield that nobody may resume.
    Lent (*trying_once_more)();
    // Throws something else after an error.
    Lent (*clumsy)();
    // Throws two cups when the handler has returned.
    Lent (*spilling_on_the_way_out)();
    // Writes down that it went on behind its second co_yield.
    Lent (*yielding_twice)(Diary& diary);
    // Keeps what it was given for as long as its frame lives.
    Lent (*keeping)(std::shared_ptr<int> cup, bool yields_again);
    Lent (*never_yielding)(bool yields);
    // Writes down "set up" and throws before its co_yield.
    Lent (*failing_to_set_up)(Diary& diary);
};

// Nothing where there is no scoped.hpp: an answer of another design may do without it.
const Coroutines* coroutines();

}  // namespace yield
