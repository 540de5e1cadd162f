// A pool under every order in which its customers can go on.
//
//     check_pool                all orders with up to two forced switches: seconds
//     check_pool --forced 3     with up to three: minutes
//
// Prints how many there were, and who did what in the first that goes wrong; then the exit status
// is 1. The pool is the one that "pool.hpp" leads to: lesson 12's, lesson 15's, or an answer's.
// Wrong is: somebody waits for ever, or is told that her time is up although it is not; two use one
// connection; there are more than there may be; somebody is overtaken; a closed pool lends; and
// when all have gone home, whatever stats() says that is not so, and a place that is lost.
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "checker/scheduler.hpp"
#include "pool.hpp"

namespace checker {
namespace {

using namespace std::chrono_literals;

// What may happen to the three customers.
struct Scenario {
    std::string name;
    int places = 1;
    int in_a_hurry = 0;     // customers whose time may be up while they wait
    int failures = 0;       // connects that fail, of all
    int broken = 0;         // connections that cannot be cleaned, of all
    int unchecked = 0;      // that cannot be checked, of all
    bool spurious = false;  // some are woken for no reason
    int closers = 0;        // who close the pool
    std::size_t customers = 3;
    bool barging = false;      // newcomers may overtake for a second
    bool closes_idle = false;  // nothing that is idle is kept
};

struct CannotConnect {};

// What the pool's connections lead to.
struct Database {
    Run& run;
    const Scenario& scenario;
    int open = 0;
    int opened = 0;
    int failed = 0;
    int broken = 0;
    int unchecked = 0;
};

class Connection {
 public:
    explicit Connection(Database& database) : database_(&database) { ++database_->open; }
    Connection(Connection&& other) noexcept : database_(std::exchange(other.database_, nullptr)) {}
    Connection& operator=(Connection&&) = delete;
    ~Connection() {
        if (database_ == nullptr) return;
        if (database_->run.name() != "the checker") database_->run.pause("closes a connection");
        --database_->open;
    }
    void use() {
        Run& run = database_->run;
        if (++users_ > 1) run.tell("two use one connection");
        run.pause("uses the connection");
        --users_;
    }

 private:
    Database* database_;
    int users_ = 0;
};

struct Manager {
    Database* database;

    Connection connect() const {
        Database& all = *database;
        if (all.open + 1 > all.scenario.places) all.run.tell("more connections than there may be");
        Connection connection(all);
        all.run.pause("connects");
        if (all.failed < all.scenario.failures && all.run.choose(2) == 1) {
            ++all.failed;
            throw CannotConnect();
        }
        ++all.opened;
        return connection;
    }
    bool reset(Connection& /*connection*/) const {
        Database& all = *database;
        all.run.pause("cleans the connection");
        if (all.broken < all.scenario.broken && all.run.choose(2) == 1) {
            ++all.broken;
            throw CannotConnect();
        }
        return false;
    }
    bool is_valid(Connection& /*connection*/) const {
        Database& all = *database;
        if (all.unchecked < all.scenario.unchecked && all.run.choose(2) == 1) {
            ++all.unchecked;
            throw CannotConnect();
        }
        return true;
    }
};

using Pool = shop::Pool<Manager>;

// What this pool can do.
template <typename AnyPool>
constexpr bool can_close = requires(AnyPool& pool) {
    pool.close();
};
template <typename Options>
constexpr bool can_barge = requires(Options options) {
    options.barging_for;
};
template <typename Options>
constexpr bool can_close_idle = requires(Options options) {
    options.min_idle;
};

template <typename AnyPool>
void close(AnyPool& pool) {
    if constexpr (can_close<AnyPool>) pool.close();
}

template <typename Options>
Options options_of(const Scenario& scenario) {
    Options options;
    options.max_connections = scenario.places;
    options.max_age = 300h;
    if constexpr (can_barge<Options>) options.barging_for = scenario.barging ? 1s : 0s;
    if constexpr (can_close_idle<Options>) {
        if (scenario.closes_idle) {
            options.min_idle = 0;
            options.idle_timeout = 0s;
        }
    }
    return options;
}

// When something happened to a customer, counted over all.
struct Customer {
    std::string name;
    int came = 0;
    int waited = 0;  // when another came who saw her wait
    int told = 0;
    std::string what = {};
    bool slept_on = false;               // when the pool had been closed
    shop::Clock::time_point since = {};  // when she came, by the clock
};

class Story {
 public:
    Story(Decisions& decisions, const Scenario& scenario, int forced, bool tells)
        : run(decisions, {forced, scenario.spurious, tells}),
          scenario_(scenario),
          database_{run, scenario},
          pool_(std::make_unique<Pool>(Manager{&database_}, options_of<shop::PoolOptions>(scenario),
                                       run)) {}

    // Throws Mistake.
    void tell() {
        int left = scenario_.in_a_hurry;
        for (std::size_t i = 0; i < scenario_.customers; ++i) {
            Customer& customer = customers_.at(i);
            run.add(customer.name, [this, &customer, is_in_a_hurry = left-- > 0] {
                visit(customer, is_in_a_hurry ? 2s : 1000h);
            });
        }
        for (int i = 0; i < scenario_.closers; ++i) {
            run.add(i == 0 ? "Eve" : "Frank", [this] {
                close(*pool_);
                is_closed_ = true;
                if (visitors_ == 0 && database_.open > 0) run.tell("closed, and one is open");
            });
        }
        run.go();
        look_around();
    }

    Run run;
    bool overtook = false;  // somebody, another

 private:
    void visit(Customer& customer, shop::Clock::duration max_wait) {
        run.pause("comes");
        const bool was_closed = is_closed_;
        customer.came = ++moments_;
        customer.since = run.now();
        for (Customer& other : customers_) {  // they came before, and wait
            if (other.waited == 0 && run.is_waiting(other.name)) other.waited = customer.came;
        }
        ++visitors_;
        try {
            auto lease = pool_->acquire("GET /items", max_wait);  // all want the same
            served(customer);
            if (was_closed) run.tell(customer.name + " came after the close, and was served");
            if (customer.slept_on) run.tell(customer.name + " slept on, and was served");
            lease->use();
            for (Customer& other : customers_) {
                if (is_closed_ && run.is_waiting(other.name)) other.slept_on = true;
            }
        } catch (const shop::PoolExhausted&) {
            told(customer, "exhausted");
            if (max_wait > 24h) run.tell(customer.name + " had time, and was told that it is up");
        } catch (const CannotConnect&) {
            told(customer, "failed");
        } catch (const shop::Unavailable&) {
            told(customer, "closed");
        }
        --visitors_;
    }
    void told(Customer& customer, const std::string& what) {
        customer.told = ++moments_;
        customer.what = what;
    }
    // With one place: who waited when she came has been told before, unless she may overtake.
    void served(Customer& customer) {
        told(customer, "served");
        if (scenario_.places > 1) return;
        for (const Customer& other : customers_) {
            if (other.waited == 0 || other.waited > customer.came || other.told > 0) continue;
            overtook = true;
            if (!scenario_.barging || customer.since - other.since >= 1s) {
                run.tell(customer.name + " has overtaken " + other.name);
            }
        }
    }

    // All have gone home.
    void look_around() {
        const shop::PoolStats now = pool_->stats();
        const auto need = [](bool is_so, const std::string& mistake) {
            if (!is_so) throw Mistake(mistake);
        };
        need(now.in_use == 0, "all have gone home, and a place is in use");
        need(now.leases.empty(), "all have gone home, and by the pool's account somebody has one");
        need(now.waiting == 0, "all have gone home, and somebody waits");
        need(!scenario_.closes_idle || now.idle == 0, "an idle connection is kept");
        need(now.idle == database_.open, "the pool miscounts the idle connections");
        need(static_cast<int>(now.opened) == database_.opened, "the pool miscounts the opened");
        need(static_cast<int>(now.failed) == database_.failed, "the pool miscounts the failed");
        const bool is_closed = can_close<Pool> && scenario_.closers > 0;
        need(!is_closed || database_.open == 0, "the pool is closed, and a connection is open");
        need(is_closed || static_cast<int>(now.opened - now.discarded) == database_.open,
             "the pool miscounts the discarded");
        if (is_closed) return;
        for (const Customer& customer : customers_) {
            need(customer.what != "closed", "nobody has closed the pool");
        }
        database_.failed = database_.unchecked = 1000;  // from now on all goes well
        std::vector<Pool::Lease> leases;
        for (int place = 0; place < scenario_.places; ++place) {
            try {
                leases.push_back(pool_->acquire("the next", 0s));
            } catch (const shop::PoolExhausted&) {
                throw Mistake("all have gone home, and a place is lost");
            }
        }
    }

    const Scenario& scenario_;
    Database database_;
    std::unique_ptr<Pool> pool_;  // not in this program's own data: see Run::is_ours
    std::array<Customer, 3> customers_{{{"Alice"}, {"Bob"}, {"Carol"}}};
    int moments_ = 0;
    int visitors_ = 0;  // who have come and not left
    bool is_closed_ = false;
};

std::vector<Scenario> scenarios() {
    std::vector<Scenario> all = {
        {.name = "one place"},
        {.name = "one place, a connect fails", .failures = 1},
        {.name = "one place, a connection breaks", .broken = 1},
        {.name = "one place, a check throws", .unchecked = 1},
        {.name = "one place, two in a hurry", .in_a_hurry = 2},
        {.name = "one place, one in a hurry, a connect fails", .in_a_hurry = 1, .failures = 1},
        {.name = "one place, woken for no reason", .spurious = true},
        {.name = "two places, a connect fails", .places = 2, .failures = 1},
        {.name = "two places, two in a hurry", .places = 2, .in_a_hurry = 2},
    };
    const std::size_t plain = all.size();
    const auto again = [&](const std::string& what, const std::function<void(Scenario&)>& change) {
        for (std::size_t i = 0; i < plain; ++i) {
            Scenario scenario = all[i];
            scenario.name += what;
            change(scenario);
            all.push_back(scenario);
        }
    };
    if constexpr (can_barge<shop::PoolOptions>) {
        again(", barging", [](Scenario& scenario) { scenario.barging = true; });
    }
    if constexpr (can_close_idle<shop::PoolOptions>) {
        again(", none kept idle", [](Scenario& scenario) { scenario.closes_idle = true; });
    }
    if constexpr (can_close<Pool>) {
        again(", closed", [](Scenario& scenario) { scenario.closers = 1; });
        all.push_back({.name = "one customer, closed by two", .closers = 2, .customers = 1});
        all.push_back({.name = "two places, two customers, closed by two",
                       .places = 2,
                       .closers = 2,
                       .customers = 2});
    }
    return all;
}

// Ends the program. Somebody may be in the middle of something.
[[noreturn]] void end_with(const Scenario& scenario, const std::string& mistake) {
    std::printf("%s: %s\n", scenario.name.c_str(), mistake.c_str());
    std::fflush(stdout);
    std::_Exit(1);
}

// Tells an order again that has gone wrong, and ends the program.
[[noreturn]] void tell_again(Decisions& decisions, const Scenario& scenario, int forced) {
    Story story(decisions, scenario, forced, true);
    std::string end = "went wrong, and did not when it was told again";
    try {
        story.tell();
    } catch (const Mistake& mistake) {
        end = mistake.what();
    }
    for (const std::string& step : story.run.story()) std::printf("  %s\n", step.c_str());
    end_with(scenario, end);
}

// The number of orders, if none of them goes wrong.
long check(const Scenario& scenario, int forced) {
    Decisions decisions;
    long orders = 0;
    bool overtook = false;
    do {
        auto story = std::make_unique<Story>(decisions, scenario, forced, false);
        try {
            story->tell();
        } catch (const Mistake&) {
            static_cast<void>(story.release());  // others are in the middle of something
            tell_again(decisions, scenario, forced);
        }
        overtook = overtook || story->overtook;
        ++orders;
    } while (decisions.advance());
    if (scenario.barging && scenario.places == 1 && forced > 1 && !overtook) {
        end_with(scenario, "nobody ever overtakes");
    }
    return orders;
}

}  // namespace
}  // namespace checker

int main(int argc, char** argv) {
    int forced = 2;
    if (argc == 3 && std::string_view(argv[1]) == "--forced") forced = std::atoi(argv[2]);
    long all = 0;
    for (const checker::Scenario& scenario : checker::scenarios()) {
        const long orders = checker::check(scenario, forced);
        std::printf("%8ld  %s\n", orders, scenario.name.c_str());
        std::fflush(stdout);
        all += orders;
    }
    std::printf("%8ld  orders, each with at most %d forced switches: none goes wrong\n", all,
                forced);
    return 0;
}
