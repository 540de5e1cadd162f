// Load on one server of a lesson, and what it comes to while it goes on.
#pragma once

#include <atomic>
#include <chrono>
#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

#include "load/load.hpp"
#include "web/json.hpp"

namespace web {

// What a page may ask for: 1 to 32 customers, 1 to 48 workers, a bank that takes up to a second, 1 to
// 30 seconds.
struct LoadWanted {
    load::Plan plan;
    std::chrono::seconds length{10};
};

// Out of what a page has sent. Throws tutor::WrongUse when it is more than that.
LoadWanted load_from(const Json& body);

// Starts the server, has the crowd come, and ends both. Runs on a thread of its own.
class StageLoad {
 public:
    // `news` is called in another thread.
    StageLoad(std::filesystem::path program, const LoadWanted& wanted, std::function<void()> news);
    StageLoad(const StageLoad&) = delete;
    StageLoad& operator=(const StageLoad&) = delete;
    ~StageLoad();

    bool is_over() const { return is_over_; }
    // {"note", "over", "seconds": […], "reads": […], "orders": […] (a second), "p50": […], "p99": […] (of
    // all who were answered, in ms), "refused": […] (503, a second), "failed": […], "seen": as an
    // Observer has it, "sum": {…} when it is over}
    Json to_json() const;

 private:
    struct Samples;
    void run();
    void go_through(load::Server& server);

    const std::filesystem::path program_;
    const LoadWanted wanted_;
    const std::function<void()> news_;
    mutable std::mutex mutex_;
    std::unique_ptr<Samples> samples_;  // under the mutex
    std::atomic<bool> called_off_ = false;
    std::atomic<bool> is_over_ = false;
    std::thread thread_;
};

}  // namespace web
