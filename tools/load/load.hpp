// Load on a lesson's server: customers who ask one request after the other, each over a connection of
// her own that stays, and what they were told. tools/bench/ladder.cpp and ./learn web use it.
#pragma once

#include <httplib.h>
#include <sys/types.h>

#include <atomic>
#include <chrono>
#include <cstddef>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "process/child.hpp"
#include "process/temporary_folder.hpp"

namespace load {

using Clock = std::chrono::steady_clock;

// Who comes, and to what a shop.
struct Plan {
    int readers = 12;  // look at items, every hundredth time at one that is not there
    int buyers = 4;    // order an item each time
    int workers = 48;  // of the server
    std::string bank_takes = "0s";
};

constexpr int items = 100'000;  // of the shop; ten of each, so that nothing is sold out

// What one customer, or all of a crowd, lived to see.
struct Told {
    std::vector<double> waits;  // in milliseconds, also that of a request nobody has answered yet
    std::size_t served = 0;
    std::size_t turned_away = 0;  // told 503
    std::size_t failed = 0;       // told something else, or nothing
    std::size_t never = 0;        // customers who were not answered once

    void add(const Told& other);
    // The wait that this part of all were spared or had at most, 0.5 for the median; 0 of nobody.
    double wait(double part);
};

// When a load is counted: not while the customers still come.
enum class Phase { coming, counted, over };

// One customer and her connection, on a thread of her own until the load is over.
class Customer {
 public:
    enum class Reply { right, turned_away, wrong };
    using Ask = std::function<Reply(httplib::Client&)>;  // makes one request

    // `phase` must live longer.
    Customer(int port, Ask ask, const std::atomic<Phase>& phase);
    Customer(const Customer&) = delete;
    Customer& operator=(const Customer&) = delete;
    ~Customer() { leave(); }

    // What she was told since this was asked the last time.
    Told take();
    // When the load is over: the same, for the last time.
    Told leave();

 private:
    void shop();
    void count(Reply reply, Clock::duration waited);

    httplib::Client client_;
    Ask ask_;
    const std::atomic<Phase>& phase_;
    std::mutex mutex_;
    Told told_;              // under the mutex
    bool answered_ = false;  // once; her own thread's
    std::atomic<bool> has_left_ = false;
    std::thread thread_;
};

// A lesson's server with a new database, as you would start it by hand.
class Server {
 public:
    // Throws std::runtime_error when it does not open, or not before `cancelled` says so.
    Server(const std::filesystem::path& program, const Plan& plan,
           const std::function<bool()>& cancelled = {});

    int port() const { return port_; }
    pid_t process() const { return child_.pid(); }
    const std::filesystem::path& database() const { return database_; }
    // Handles of the database file that it has open; nothing where there is no /proc.
    std::optional<int> connections() const;
    // Takes up what the server says, or it would soon have to wait for us.
    void listen_to_it(std::chrono::milliseconds how_long);

 private:
    tools::TemporaryFolder folder_{tools::place_for_quick_files()};
    std::filesystem::path database_;
    tools::Child child_;
    int port_ = 0;
};

// All the customers of a plan.
class Crowd {
 public:
    // They come one after the other, some 10 ms apart; counting begins when all are there.
    Crowd(Server& server, const Plan& plan);
    Crowd(const Crowd&) = delete;
    Crowd& operator=(const Crowd&) = delete;
    ~Crowd() { phase_ = Phase::over; }

    struct Both {
        Told readers;
        Told buyers;
    };
    // What they were told since this was asked the last time.
    Both take();
    // Ends it.
    Both leave();

 private:
    std::atomic<Phase> phase_ = Phase::coming;
    std::vector<std::unique_ptr<Customer>> readers_;
    std::vector<std::unique_ptr<Customer>> buyers_;
};

// How many handles of that file the process has open; nothing where there is no /proc.
std::optional<int> connections_of(pid_t process, const std::filesystem::path& database);

}  // namespace load
