// GET /metrics: what the pool says of itself, as Prometheus reads it. It asks for no connection.
#pragma once

#include <httplib.h>

#include <memory>
#include <string>

#include "http/metrics.hpp"
#include "pool/stats.hpp"

namespace shop {

inline std::string to_prometheus(const PoolStats& stats) {
    http::Metrics metrics;
    metrics.gauge("pool_max", stats.max);
    metrics.gauge("pool_in_use", stats.in_use);
    metrics.gauge("pool_idle", stats.idle);
    metrics.gauge("pool_waiting", stats.waiting);
    metrics.counter("pool_acquired_total", stats.acquired);
    metrics.counter("pool_timeouts_total", stats.timeouts);
    metrics.counter("pool_rejected_total", stats.rejected);
    metrics.counter("pool_opened_total", stats.opened);
    metrics.counter("pool_failed_total", stats.failed);
    metrics.counter("pool_discarded_total", stats.discarded);
    metrics.counter("pool_wait_seconds_total", stats.waited);
    metrics.counter("pool_hold_seconds_total", stats.held);
    metrics.labelled("pool_dirty_returns_total", "counter");
    for (const auto& [holder, count] : stats.dirty_returns) {
        metrics.line("pool_dirty_returns_total", "holder", holder, count);
    }
    metrics.labelled("pool_oldest_lease_seconds", "gauge");
    if (!stats.leases.empty()) {
        const LeaseStats& oldest = stats.leases.front();
        metrics.line("pool_oldest_lease_seconds", "holder", oldest.holder, oldest.held);
    }
    return metrics.text();
}

// Puts it on `server`.
template <typename Pool>
void add_metrics(httplib::Server& server, std::shared_ptr<Pool> pool) {
    server.Get("/metrics", [pool](const httplib::Request&, httplib::Response& response) {
        response.set_content(to_prometheus(pool->stats()), "text/plain; version=0.0.4");
    });
}

}  // namespace shop
