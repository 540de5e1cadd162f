// What a shop on the stage says of itself while it is open, and what can be seen of it from outside.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "web/json.hpp"

namespace web {

// In Prometheus' text format: each line's name, with its labels, and its number. Lines that are not
// like this are left out, and so is what is more than a shop can have to say.
using Metrics = std::vector<std::pair<std::string, double>>;
Metrics read_metrics(std::string_view text);
std::optional<double> value_of(const Metrics& metrics, std::string_view name);

// GET /metrics of a server at a port of this machine: nothing without an answer within a second, no
// lines when it has none to give.
std::optional<Metrics> ask_for_metrics(int port);

// Looks at a shop twice a second, on a thread of its own, as long as it lives. Thread safe.
class Observer {
 public:
    // The connections counted are the process's handles of that file; a folder is a PostgreSQL's, and
    // nothing is counted.
    Observer(int port, pid_t process, std::filesystem::path database);
    Observer(const Observer&) = delete;
    Observer& operator=(const Observer&) = delete;
    ~Observer();

    // How often it has looked so far.
    std::size_t count() const;
    // {"seconds": […], "connections": […], "pool_in_use": […], …, "now": [[name, value], …]}: the last
    // minute. What is not known is null.
    Json to_json() const;

 private:
    struct Sample {
        double seconds = 0;
        std::optional<int> connections;
        std::optional<Metrics> metrics;
    };
    void run();

    const int port_;
    const pid_t process_;
    const std::filesystem::path database_;
    mutable std::mutex mutex_;  // guards what follows
    std::condition_variable ends_;
    bool is_over_ = false;
    std::size_t count_ = 0;
    std::deque<Sample> samples_;
    std::thread thread_;
};

}  // namespace web
