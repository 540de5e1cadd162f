// GET /metrics: what the pool says of itself, as Prometheus reads it. It asks for no session.
#pragma once

#include <fmt/format.h>
#include <httplib.h>

#include <chrono>
#include <memory>
#include <string>

#include "pool_stats.hpp"

// In the text format of Prometheus 0.0.4; times are in seconds.
inline std::string to_prometheus(const PoolStats& stats) {
    using Seconds = std::chrono::duration<double>;
    std::string text;
    const auto add = [&](const char* name, const char* type, auto value) {
        text += fmt::format("# TYPE pool_{0} {1}\npool_{0} {2}\n", name, type, value);
    };
    add("max", "gauge", stats.max);
    add("in_use", "gauge", stats.in_use);
    add("idle", "gauge", stats.idle);
    add("waiting", "gauge", stats.waiting);
    add("acquired_total", "counter", stats.acquired);
    add("timeouts_total", "counter", stats.timeouts);
    add("rejected_total", "counter", stats.rejected);
    add("opened_total", "counter", stats.opened);
    add("failed_total", "counter", stats.failed);
    add("discarded_total", "counter", stats.discarded);
    add("wait_seconds_total", "counter", Seconds(stats.waited).count());
    add("hold_seconds_total", "counter", Seconds(stats.held).count());
    text += "# TYPE pool_dirty_returns_total counter\n";
    for (const auto& [holder, count] : stats.dirty_returns) {
        text += fmt::format("pool_dirty_returns_total{{holder=\"{}\"}} {}\n", holder, count);
    }
    text += "# TYPE pool_oldest_lease_seconds gauge\n";
    if (!stats.leases.empty()) {
        const LeaseStats& oldest = stats.leases.front();
        text += fmt::format("pool_oldest_lease_seconds{{holder=\"{}\"}} {:.3f}\n", oldest.holder,
                            Seconds(oldest.held).count());
    }
    return text;
}

// Puts it on `server`.
template <typename Pool>
void add_metrics(httplib::Server& server, std::shared_ptr<Pool> pool) {
    server.Get("/metrics", [pool](const httplib::Request&, httplib::Response& response) {
        response.set_content(to_prometheus(pool->stats()), "text/plain; version=0.0.4");
    });
}
