// The routes under test in a process of their own, which can die: the tests' executable, started
// anew. Its bank is the test's, over HTTP.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <utility>

#include "support/crowd.hpp"
#include "support/customer.hpp"
#include "support/database_file.hpp"
#include "support/test_bank.hpp"

namespace support {

class Channel;

class ChildShop {
 public:
    struct Options {
        int workers = 8;
        // The shop dies (SIGKILL) at this step; 0: never. See support/failpoints.hpp.
        int dies_at_failpoint = 0;
        // Steps are counted from the moment that the shop is open, or from before that: what it
        // does to open, such as to recover what an earlier one left behind, counts too.
        bool counts_opening = false;
        bool copies_replies = false;  // as ShopServer does
    };
    // How it ended. `status` is the signal's number when it was killed, -1 when it had not ended
    // within `patience()`.
    struct End {
        bool killed = false;
        int status = 0;
        std::string step;      // where it died as planned
        std::string timeline;  // what it did until then
    };
    // Connections, as its ledger counts them.
    struct Counts {
        int opened = 0;
        int open = 0;
        int transactions = 0;
    };

    // Waits until the shop is open, or has died as planned. Throws std::runtime_error, with its
    // reason, when it cannot open.
    ChildShop(const DatabaseFile& database, TestBank& bank, Options options);
    ChildShop(const DatabaseFile& database, TestBank& bank);
    ChildShop(const ChildShop&) = delete;
    ChildShop& operator=(const ChildShop&) = delete;
    // Lets go of everything the bank holds, and kills the process if it is still there.
    ~ChildShop();

    Customer customer(const std::string& name);
    int port() const { return port_; }

    // Now. Throws std::runtime_error when it is gone.
    Counts counts();

    // Waits until it is gone. Once, as `close`.
    End await_end();
    // Has it close as a server does, after the requests under way, and waits.
    End close();

 private:
    struct BankCounter;
    std::pair<std::string, std::string> hear();

    TestBank& bank_;
    Crowd crowd_;
    std::unique_ptr<BankCounter> counter_;
    std::unique_ptr<Channel> line_;
    pid_t process_ = -1;
    int port_ = 0;
    End end_;
};

// What the tests' executable does instead of testing when a ChildShop has started it: runs the shop
// and ends the process. Returns at once when none has.
void be_a_child_shop_if_asked();

}  // namespace support
