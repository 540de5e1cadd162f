// What a pool says of itself: how many of its connections are lent, who waits, and what has
// happened since it was made.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace shop {

// A connection that somebody has: who, by the name that he gave, and for how long.
struct LeaseStats {
    std::string holder;
    std::chrono::nanoseconds held{0};
};

// All of one moment. `in_use`, `idle` and `waiting` are counts of now, the others only grow.
struct PoolStats {
    int max = 0;      // connections that there may be
    int in_use = 0;   // lent, or being opened for somebody
    int idle = 0;     // open, and nobody's
    int waiting = 0;  // want one and have none

    std::uint64_t acquired = 0;   // turns that came, also if opening a connection failed then
    std::uint64_t timeouts = 0;   // waited in vain until their deadline
    std::uint64_t rejected = 0;   // not let wait: too many did already
    std::uint64_t opened = 0;     // connections
    std::uint64_t failed = 0;     // attempts to open one
    std::uint64_t discarded = 0;  // connections closed because they were no good, or too old
    std::map<std::string, std::uint64_t> dirty_returns;  // by holder

    std::chrono::nanoseconds waited{0};  // for a connection, by all who got one
    std::chrono::nanoseconds held{0};    // by all who have given it back

    std::vector<LeaseStats> leases;  // of now, the one that is held longest first
};

}  // namespace shop
