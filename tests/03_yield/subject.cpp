#include "03_yield/subject.hpp"

#if __has_include("scoped.hpp")

#include <stdexcept>
#include <utility>

#include "scoped.hpp"

namespace yield {
namespace {

shop::Scoped<int> careful(Diary& diary) {
    int cup = 7;
    diary.push_back("set up");
    try {
        co_yield cup;
        diary.push_back("the way out of success");
    } catch (const Spilled& spilled) {
        diary.push_back("heard of " + std::to_string(spilled.cups) + " cups");
        throw;
    }
}

shop::Scoped<int> helped_on_the_way_out(Diary& diary) {
    int cup = 7;
    try {
        co_yield cup;
    } catch (...) {
        use(careful(diary), [](int& /*cup*/) {});
        throw;
    }
}

shop::Scoped<int> swallowing() {
    int cup = 7;
    try {
        co_yield cup;
    } catch (...) {  // and not rethrown
    }
}

shop::Scoped<int> trying_once_more() {
    int cup = 7;
    bool spilled = false;
    try {
        co_yield cup;
    } catch (const Spilled&) {
        spilled = true;
    }
    if (spilled) co_yield cup;
}

shop::Scoped<int> clumsy() {
    int cup = 7;
    try {
        co_yield cup;
    } catch (...) {
        throw std::runtime_error("the teardown fell over");
    }
}

shop::Scoped<int> spilling_on_the_way_out() {
    int cup = 7;
    co_yield cup;
    throw Spilled{2};
}

shop::Scoped<int> yielding_twice(Diary& diary) {
    int cup = 7;
    co_yield cup;
    co_yield cup;
    diary.push_back("behind the second co_yield");
}

shop::Scoped<int> keeping(std::shared_ptr<int> cup, bool yields_again) {
    co_yield *cup;
    if (yields_again) co_yield *cup;
}

shop::Scoped<int> never_yielding(bool yields) {
    int cup = 7;
    if (yields) co_yield cup;
}

shop::Scoped<int> failing_to_set_up(Diary& diary) {
    int cup = 7;
    diary.push_back("set up");
    if (diary.size() == 1) throw std::runtime_error("no cups");
    co_yield cup;
    diary.push_back("torn down");
}

class Coroutine : public Dependency {
 public:
    explicit Coroutine(shop::Scoped<int> scoped) : scoped_(std::move(scoped)) {}
    void lend_to(const std::function<void(int&)>& handler) override {
        use(std::move(scoped_), [&](int& cup) { handler(cup); });
    }
    int answer_of(const std::function<int(int&)>& handler) override {
        return use(std::move(scoped_), [&](int& cup) { return handler(cup); });
    }

 private:
    shop::Scoped<int> scoped_;
};

Lent lent(shop::Scoped<int> scoped) {
    return std::make_unique<Coroutine>(std::move(scoped));
}

}  // namespace

const Coroutines* coroutines() {
    static const Coroutines all = {
        .careful = [](Diary& diary) { return lent(careful(diary)); },
        .helped_on_the_way_out = [](Diary& diary) { return lent(helped_on_the_way_out(diary)); },
        .swallowing = [] { return lent(swallowing()); },
        .trying_once_more = [] { return lent(trying_once_more()); },
        .clumsy = [] { return lent(clumsy()); },
        .spilling_on_the_way_out = [] { return lent(spilling_on_the_way_out()); },
        .yielding_twice = [](Diary& diary) { return lent(yielding_twice(diary)); },
        .keeping = [](std::shared_ptr<int> cup,
                      bool yields_again) { return lent(keeping(std::move(cup), yields_again)); },
        .never_yielding = [](bool yields) { return lent(never_yielding(yields)); },
        .failing_to_set_up = [](Diary& diary) { return lent(failing_to_set_up(diary)); },
    };
    return &all;
}

}  // namespace yield

#else

const yield::Coroutines* yield::coroutines() {
    return nullptr;
}

#endif
