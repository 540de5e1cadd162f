// Gates, barriers, the bank that a test plays, and the watchdog over them all.
#include <sys/wait.h>

#include <atomic>
#include <cstdio>
#include <string>
#include <thread>
#include <vector>

#include "support/await.hpp"
#include "support/catch.hpp"
#include "support/crowd.hpp"
#include "support/gate.hpp"
#include "support/ledger.hpp"
#include "support/running_shop.hpp"
#include "support/stillness.hpp"
#include "support/test_bank.hpp"

using shop::Answer;
using support::Crowd;
using support::Held;
using support::Step;
using support::TestBank;

TEST_CASE("An open gate lets through those who waited and those who come later") {
    support::Gate gate;
    Crowd crowd;
    const auto early = crowd.start([&] { return gate.wait(); });
    CHECK(!gate.is_open());
    gate.open();
    CHECK(early.get());
    CHECK(gate.wait());
}

TEST_CASE("A gate that nobody opens gives up and says so") {
    support::Gate gate;
    CHECK(!gate.wait());
}

TEST_CASE("A barrier lets nobody through before the last has come") {
    support::Barrier barrier(3);
    std::atomic<int> arrived = 0;
    Crowd crowd;
    std::vector<std::shared_future<int>> seen;
    for (int i = 0; i < 3; ++i) {
        seen.push_back(crowd.start([&] {
            ++arrived;
            return barrier.arrive_and_wait() ? arrived.load() : -1;
        }));
    }
    for (const auto& each : seen) CHECK(each.get() == 3);
}

TEST_CASE("A barrier at which somebody is missing gives up and says so") {
    support::Barrier barrier(2);
    CHECK(!barrier.arrive_and_wait());
}

TEST_CASE("Stillness comes when all others wait, and not before") {
    constexpr int work = 1'000'000;
    support::Gate gate;
    std::atomic<int> done = 0;
    Crowd crowd;
    const auto opened = crowd.start([&] {
        while (done < work) ++done;
        const bool was_opened = gate.wait();
        while (done < 2 * work) ++done;
        return was_opened;
    });
    CHECK(support::await_stillness([&] { return done.load(); }) == work);
    gate.open();
    CHECK(support::await_stillness([&] { return done.load(); }) == 2 * work);
    CHECK(opened.get());
}

#ifdef __linux__
TEST_CASE("Another process waits or does not") {
    std::atomic<bool> goes_on = true;
    for (const bool is_busy : {true, false}) {
        const pid_t child = fork();
        if (child == 0) {
            while (is_busy && goes_on) continue;
            while (true) pause();
        }
        if (is_busy) {
            CHECK(!support::all_threads_wait(child));
        } else {
            CHECK(support::await([&] { return support::all_threads_wait(child); }));
        }
        kill(child, SIGKILL);
        waitpid(child, nullptr, 0);
    }
}
#endif

TEST_CASE("The bank answers as it is told, by card and by step") {
    support::Ledger::instance().start();
    TestBank bank;
    bank.decline("alice", Step::capture);
    bank.fail("bob", Step::authorize);
    CHECK(bank.authorize({1, 1, "alice"}) == Answer::accepted);
    CHECK(bank.capture({1, 1, "alice"}) == Answer::declined);
    CHECK_THROWS_AS(bank.authorize({1, 1, "bob"}), shop::BankUnreachable);
    CHECK(bank.capture({1, 1, "bob"}) == Answer::accepted);
}

TEST_CASE("A held question waits for its answer, and only the one that was held") {
    support::Ledger::instance().start();
    TestBank bank;
    Crowd crowd;
    Held held = bank.hold("alice", Step::authorize);
    const auto first = crowd.start([&] { return bank.authorize({1, 1, "alice"}); });
    REQUIRE(held.is_asked());
    CHECK(bank.authorize({1, 1, "alice"}) == Answer::accepted);
    CHECK(bank.authorize({1, 1, "bob"}) == Answer::accepted);
    held.decline();
    CHECK(first.get() == Answer::declined);
}

TEST_CASE("A held question that the test forgets is accepted") {
    support::Ledger::instance().start();
    TestBank bank;
    Crowd crowd;
    std::shared_future<Answer> asked;
    {
        Held held = bank.hold("alice", Step::authorize);
        asked = crowd.start([&] { return bank.authorize({1, 1, "alice"}); });
        REQUIRE(held.is_asked());
    }
    CHECK(asked.get() == Answer::accepted);
}

TEST_CASE("A question that is never put is found out") {
    TestBank bank;
    Held held = bank.hold("alice", Step::authorize);
    CHECK(!held.is_asked());
}

namespace {

bool says(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

struct Ended {
    int status = 0;  // as wait() has it
    std::string output;
};

// Runs one of the tests that are hidden below in a process of its own.
Ended run_hidden(const std::string& test) {
    const std::string command = "LEAKLINGS_PATIENCE=1 exec " SUPPORT_TESTS " '" + test + "' 2>&1";
    FILE* pipe = popen(command.c_str(), "r");
    REQUIRE(pipe != nullptr);
    Ended ended;
    char buffer[4096];
    while (std::size_t read = std::fread(buffer, 1, sizeof(buffer), pipe))
        ended.output.append(buffer, read);
    ended.status = pclose(pipe);
    return ended;
}

// Each of its calls needs a page of the stack.
int never_ending(int calls) {
    volatile char page[4096] = {};
    page[0] = static_cast<char>(calls);
    return calls < 0 ? page[0] : never_ending(calls + 1) + page[0];
}

}  // namespace

TEST_CASE("hangs", "[.hangs]") {
    support::Ledger::instance().request_begins("alice POST /orders");
    std::promise<void> never;
    never.get_future().wait();
}

TEST_CASE("The watchdog ends a test that hangs and names the request that got no answer") {
    const Ended ended = run_hidden("hangs");
    INFO(ended.output);
    CHECK(WIFEXITED(ended.status));
    CHECK(WEXITSTATUS(ended.status) == 86);
    CHECK(
        says(ended.output, "HANG: \"hangs\" has not ended, and nobody was answered for 6 seconds"));
    CHECK(says(ended.output, "Requests that were told nothing:\n  alice POST /orders"));
}

TEST_CASE("is slow", "[.hangs]") {
    support::Gate gate;
    for (int i = 0; i < 8; ++i) {
        CHECK(!gate.wait());  // for a second
        support::Ledger::instance().request_begins("bob GET /items/1");
        support::Ledger::instance().request_ends(200);
    }
}

TEST_CASE("A test in which customers are answered is no hang, however slowly they are") {
    const Ended ended = run_hidden("is slow");
    INFO(ended.output);
    CHECK(WIFEXITED(ended.status));
    CHECK(WEXITSTATUS(ended.status) == 0);
}

TEST_CASE("gets further", "[.hangs]") {
    support::Gate gate;
    for (int i = 0; i < 8; ++i) CHECK(!gate.wait());  // for a second
}

TEST_CASE("A test that gets further is no hang, however slowly it does") {
    const Ended ended = run_hidden("gets further");
    INFO(ended.output);
    CHECK(WIFEXITED(ended.status));
    CHECK(WEXITSTATUS(ended.status) == 0);
}

TEST_CASE("hangs alone", "[.hangs]") {
    std::promise<void> never;
    never.get_future().wait();
}

TEST_CASE("A hang in which nobody was served says so, and has no timeline") {
    const Ended ended = run_hidden("hangs alone");
    INFO(ended.output);
    CHECK(WEXITSTATUS(ended.status) == 86);
    CHECK(says(ended.output, "No request was under way."));
    CHECK_FALSE(says(ended.output, "told nothing"));
    CHECK_FALSE(says(ended.output, "timeline"));
}

#if defined(__linux__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
TEST_CASE("overflows", "[.overflows]") {
    support::RunningShop shop;
    shop.before_each_reply([](int) { never_ending(0); });
    shop.customer("alice").gets("/items/1");
}

TEST_CASE("A worker whose stack is used up says so, with its timeline") {
    const Ended ended = run_hidden("overflows");
    INFO(ended.output);
    CHECK(WIFSIGNALED(ended.status));
    CHECK(says(ended.output, "STACK OVERFLOW: "));
    CHECK(says(ended.output, "GET /items/1\n"));
    CHECK(says(ended.output, "end of timeline"));
}

TEST_CASE("points nowhere", "[.overflows]") {
    support::RunningShop shop;
    shop.before_each_reply([](int) {
        volatile int* volatile nowhere = nullptr;
        *nowhere = 1;
    });
    shop.customer("alice").gets("/items/1");
}

TEST_CASE("Another crash says nothing of the stack") {
    const Ended ended = run_hidden("points nowhere");
    INFO(ended.output);
    CHECK(WIFSIGNALED(ended.status));
    CHECK_FALSE(says(ended.output, "STACK OVERFLOW"));
    CHECK(says(ended.output, "end of timeline"));
}
#endif
