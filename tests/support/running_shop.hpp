// A shop that is open for one test: the routes under test on a real server at a free port, over a
// database file of its own, with a bank that the test plays and a ledger that begins with it.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "shop/database.hpp"
#include "support/crowd.hpp"
#include "support/customer.hpp"
#include "support/database_file.hpp"
#include "support/ledger.hpp"
#include "support/shop_server.hpp"
#include "support/test_bank.hpp"

namespace support {

class RunningShop {
 public:
    explicit RunningShop(int workers = 8);
    RunningShop(const RunningShop&) = delete;
    RunningShop& operator=(const RunningShop&) = delete;
    // Closes it.
    ~RunningShop();

    TestBank& bank() { return bank_; }
    Ledger& ledger() { return Ledger::instance(); }
    Customer customer(const std::string& name);
    int port() const { return server_->port(); }

    // From now on `look` is called with the status of every reply when it is about to leave: on the
    // worker, after the handler and before the first byte. It must be thread safe when several
    // customers are served at once, and asserts nothing: a Catch2 assertion on a worker is a race.
    void before_each_reply(std::function<void(int status)> look);

    // Has the server stop, on a thread of its own, and does not wait for it: a customer at the bank
    // stays there. Customers who have a connection and no request hold it up.
    void starts_to_close();
    // Whether it has come to wait for its handlers, or has done so.
    bool awaits_handlers() const { return server_->awaits_handlers(); }
    bool handlers_have_ended() const { return server_->handlers_have_ended(); }
    // Lets go of everything the bank holds, waits for the customers, stops the server and destroys
    // it, and with it what its handlers own.
    void close();

    // What has been committed, read past the shop.
    std::int64_t stock(shop::Id item) const;
    std::int64_t orders_of(const std::string& card) const;  // confirmed ones
    std::int64_t reviews() const;
    const DatabaseFile& database() const { return database_; }

 private:
    DatabaseFile database_;
    TestBank bank_;
    Crowd crowd_;
    std::unique_ptr<ShopServer> server_;
    std::thread closing_;
};

// A shop that keeps connections beyond the requests that opened them, for the next ones.
class PooledShop : public RunningShop {
 public:
    explicit PooledShop(int workers = 8) : RunningShop(workers) { ledger().connections_are_kept(); }
};

}  // namespace support
