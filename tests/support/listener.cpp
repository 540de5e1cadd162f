// Under a failing test, its timeline, also as a page;
// over every test, the watchdog; at the end, the seal.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <system_error>

#include "support/child_shop.hpp"
#include "support/httplib_warm_up.hpp"
#include "support/ledger.hpp"
#include "support/memory.hpp"
#include "support/protocol.hpp"
#include "support/seal.hpp"
#include "support/timeline_page.hpp"
#include "support/watchdog.hpp"

#if __has_include(<catch2/reporters/catch_reporter_event_listener.hpp>)
#include <catch2/catch_test_case_info.hpp>
#include <catch2/reporters/catch_reporter_event_listener.hpp>
#include <catch2/reporters/catch_reporter_registrars.hpp>
// Catch2 3 tells of assertions that hold only if it is asked to, and each shows that the test gets on.
class ListenerBase : public Catch::EventListenerBase {
 public:
    explicit ListenerBase(const Catch::IConfig* config) : Catch::EventListenerBase(config) {
        m_preferences.shouldReportAllAssertions = true;
    }
};
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
        seal_.take();
        support::say_when_memory_is_refused();
        support::warm_up_httplib();
        support::be_a_child_shop_if_asked();
    }

    void testCaseStarting(const Catch::TestCaseInfo& test) override {
        timeline_ = {};
        failed_ = {test.name, {}};
        support::Ledger::instance().start();
        watchdog_.watch(test.name);
        support::end_badly_at_exit(true);
    }

    // The timeline as it stood at the failure:
    // what a test does to clean up is not part of the story.
    AssertionEnded assertionEnded(const Catch::AssertionStats& assertion) override {
        watchdog_.proceeds();
        if (!assertion.assertionResult.isOk()) {
            timeline_ = support::Ledger::instance().story();
            auto& messages = failed_.messages;
            for (const auto& info : assertion.infoMessages) {
                if (std::find(messages.begin(), messages.end(), info.message) == messages.end())
                    messages.push_back(info.message);
            }
        }
        return assertion_ended();
    }

    void testCaseEnded(const Catch::TestCaseStats& stats) override {
        support::end_badly_at_exit(false);
        watchdog_.rest();
        if (!timeline_.events.empty()) {
            support::print_timeline(timeline_);
            print_page(timeline_);
        } else if (std::getenv(protocol::green_pages_variable) != nullptr) {
            print_page(support::Ledger::instance().story());
        } else if (stats.totals.assertions.failed == 0) {
            // That of an earlier run would tell of what is fixed.
            std::error_code not_there;
            if (const auto page = support::page_of(failed_.name))
                std::filesystem::remove(*page, not_there);
        }
    }

    void testRunEnded(const Catch::TestRunStats& stats) override {
        if (stats.totals.testCases.failed == 0) seal_.set();
    }

 private:
    void print_page(const support::Timeline& timeline) const {
        if (const auto page = support::write_page(failed_, timeline))
            std::printf("%s%s\n", protocol::page, page->c_str());
    }

    support::Seal seal_;
    support::Watchdog watchdog_;
    support::Timeline timeline_;
    support::FailedTest failed_;
};

}  // namespace

CATCH_REGISTER_LISTENER(Listener)
