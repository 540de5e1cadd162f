// A value that several threads share.
#include "time/guarded.hpp"

#include <thread>
#include <vector>

#include "support/catch.hpp"

TEST_CASE("A guarded value is reached by one thread at a time") {
    constexpr int visits = 200'000;
    shop::Guarded<int> visitors;
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
        threads.emplace_back([&visitors] {
            for (int visit = 0; visit < visits; ++visit) visitors.with([](int& count) { ++count; });
        });
    }
    for (std::thread& thread : threads) thread.join();
    CHECK(visitors.with([](const int& count) { return count; }) == 4 * visits);
}
