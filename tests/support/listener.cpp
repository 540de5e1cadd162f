// Under a failing test, its timeline; over every test, the watchdog.
#include <cstdio>
#include <string>

#include "support/child_shop.hpp"
#include "support/ledger.hpp"
#include "support/watchdog.hpp"

#if __has_include(<catch2/reporters/catch_reporter_event_listener.hpp>)
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
using ListenerBase = Catch::EventListenerBase;
using AssertionEnded = void;
inline void assertion_ended() {}
#else
#define CATCH_CONFIG_EXTERNAL_INTERFACES
#include <catch2/catch.hpp>
using ListenerBase = Catch::TestEventListenerBase;
using AssertionEnded = bool;
inline bool assertion_ended() {
    return true;
}
#endif

namespace {

class Listener : public ListenerBase {
 public:
    using ListenerBase::ListenerBase;

    void testRunStarting(const Catch::TestRunInfo&) override {
        support::be_a_child_shop_if_asked();
    }

    void testCaseStarting(const Catch::TestCaseInfo& test) override {
        timeline_.clear();
        support::Ledger::instance().start();
        watchdog_.watch(test.name);
    }

    // The timeline as it stood at the failure: what a test does to clean up is not part of the
    // story.
    AssertionEnded assertionEnded(const Catch::AssertionStats& assertion) override {
        if (!assertion.assertionResult.isOk()) timeline_ = support::Ledger::instance().timeline();
        return assertion_ended();
    }

    void testCaseEnded(const Catch::TestCaseStats&) override {
        watchdog_.rest();
        if (timeline_.empty()) return;
        std::printf("timeline\n%send of timeline\n\n", timeline_.c_str());
        std::fflush(stdout);
    }

 private:
    support::Watchdog watchdog_;
    std::string timeline_;
};

}  // namespace

CATCH_REGISTER_LISTENER(Listener)
