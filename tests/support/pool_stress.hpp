// What a pool under stress works with: connections that cannot be opened, cleaned or used any more,
// at random, and know when two use them at once; leases that end in another thread. For one pool a
// program: it is the `Pool` that has been included before.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

namespace pool_stress {

// What the connections and their manager have seen.
struct StressCounts {
    int max = 0;
    std::atomic<bool> calm{false};  // from now on nothing fails

    std::atomic<int> alive{0};
    std::atomic<std::uint64_t> too_many{0};  // connections that were one more than there may be
    std::atomic<std::uint64_t> crowded{0};   // times that a connection was used by two at once

    std::atomic<std::uint64_t> opened{0};
    std::atomic<std::uint64_t> failed{0};
    std::atomic<std::uint64_t> invalid{0};
    std::atomic<std::uint64_t> reset{0};
    std::atomic<std::uint64_t> dirty{0};
    std::atomic<std::uint64_t> uncleanable{0};
};

class CountedConnection {
 public:
    explicit CountedConnection(StressCounts& counts) : self_(std::make_unique<Self>(counts)) {}

    // What everybody does with a connection; nobody else may at the same time.
    void use() const {
        if (self_->in_use.exchange(true)) ++self_->counts.crowded;
        std::this_thread::yield();
        self_->in_use = false;
    }

 private:
    struct Self {
        explicit Self(StressCounts& its_counts) : counts(its_counts) {
            if (++counts.alive > counts.max) ++counts.too_many;
        }
        Self(const Self&) = delete;
        Self& operator=(const Self&) = delete;
        ~Self() {
            if (in_use) ++counts.crowded;
            --counts.alive;
        }
        StressCounts& counts;
        std::atomic<bool> in_use{false};
    };
    std::unique_ptr<Self> self_;
};

// Each thread's own; a thread seeds it with its number, so it throws the same in every run.
inline std::mt19937& dice() {
    thread_local std::mt19937 numbers;
    return numbers;
}

inline bool one_in(unsigned n) {
    return dice()() % n == 0;
}

[[noreturn]] inline void fail() {
    if (one_in(2)) throw 42;
    throw std::runtime_error("as planned");
}

class RandomManager {
 public:
    explicit RandomManager(StressCounts& counts) : counts_(&counts) {}

    CountedConnection connect() const {
        CountedConnection connection(*counts_);
        connection.use();
        if (!counts_->calm && one_in(5)) {
            ++counts_->failed;
            fail();
        }
        ++counts_->opened;
        return connection;
    }

    bool reset(CountedConnection& connection) const {
        connection.use();
        ++counts_->reset;
        if (!counts_->calm && one_in(10)) {
            ++counts_->uncleanable;
            fail();
        }
        if (!one_in(10)) return false;
        ++counts_->dirty;
        return true;
    }

    bool is_valid(CountedConnection& connection) const {
        connection.use();
        if (counts_->calm || !one_in(10)) return true;
        ++counts_->invalid;
        return false;
    }

 private:
    StressCounts* counts_;
};

using StressPool = shop::Pool<RandomManager>;

// Leases on their way to the thread that gives them back.
class LeaseQueue {
 public:
    void put(StressPool::Lease lease) {
        {
            const std::lock_guard lock(mutex_);
            leases_.push_back(std::move(lease));
        }
        changed_.notify_one();
    }

    // Nothing: there will be no more.
    std::optional<StressPool::Lease> take() {
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return closed_ || !leases_.empty(); });
        if (leases_.empty()) return std::nullopt;
        std::optional<StressPool::Lease> lease(std::move(leases_.back()));
        leases_.pop_back();
        return lease;
    }

    void close() {
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
        }
        changed_.notify_all();
    }

 private:
    std::mutex mutex_;
    std::condition_variable changed_;
    std::vector<StressPool::Lease> leases_;
    bool closed_ = false;
};

// For how long the environment wants it: LEAKLINGS_STRESS_SECONDS, else 0.
inline int stress_seconds() {
    const char* const text = std::getenv("LEAKLINGS_STRESS_SECONDS");
    return text == nullptr ? 0 : std::atoi(text);
}

}  // namespace pool_stress
