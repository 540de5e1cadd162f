#include "web/metrics.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "load/load.hpp"
#include "text/text.hpp"

namespace web {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto between_looks = std::chrono::milliseconds(500);
constexpr std::size_t most_samples = 120;  // a minute
constexpr std::size_t most_text = 16'000;  // bytes of what a shop says
constexpr std::size_t most_metrics = 100;  // lines of it
constexpr std::size_t longest_name = 160;  // with its labels
constexpr const char* drawn[] = {"pool_in_use", "pool_idle", "pool_waiting", "pool_max"};

Json number_or_null(const std::optional<double>& number) {
    return number ? Json(*number) : Json();
}

}  // namespace

Metrics read_metrics(std::string_view text) {
    Metrics metrics;
    for (const std::string_view line : tools::lines_of(text)) {
        if (line.empty() || line.front() == '#') continue;
        const std::size_t space = line.rfind(' ');
        if (space == std::string_view::npos || space == 0 || space > longest_name) continue;
        const std::string number(line.substr(space + 1));
        char* end = nullptr;
        const double value = std::strtod(number.c_str(), &end);
        if (end == number.c_str() || *end != '\0' || !std::isfinite(value)) continue;
        metrics.emplace_back(tools::printable(std::string(line.substr(0, space))), value);
        if (metrics.size() == most_metrics) break;
    }
    return metrics;
}

std::optional<double> value_of(const Metrics& metrics, std::string_view name) {
    for (const auto& [each, value] : metrics) {
        if (each == name) return value;
    }
    return std::nullopt;
}

std::optional<Metrics> ask_for_metrics(int port) {
    httplib::Client client("127.0.0.1", port);
    client.set_connection_timeout(1, 0);
    client.set_read_timeout(1, 0);
    client.set_tcp_nodelay(true);
    std::string text;
    int status = 0;
    const auto reply = client.Get(
        "/metrics",
        [&](const httplib::Response& response) {
            status = response.status;
            return true;
        },
        [&](const char* data, std::size_t size) {
            text.append(data, size);
            return text.size() <= most_text;
        });
    if (!reply) return std::nullopt;
    return status == 200 ? read_metrics(text) : Metrics();
}

Observer::Observer(int port, pid_t process, std::filesystem::path database)
    : port_(port), process_(process), database_(std::move(database)), thread_([this] { run(); }) {}

Observer::~Observer() {
    {
        const std::lock_guard lock(mutex_);
        is_over_ = true;
    }
    ends_.notify_all();
    thread_.join();
}

std::size_t Observer::count() const {
    const std::lock_guard lock(mutex_);
    return count_;
}

void Observer::run() {
    const Clock::time_point began = Clock::now();
    bool has_metrics = true;  // those before lesson 10 have none: they are asked once
    std::unique_lock lock(mutex_);
    while (!is_over_) {
        lock.unlock();
        Sample sample;
        sample.seconds = std::chrono::duration<double>(Clock::now() - began).count();
        if (!std::filesystem::is_directory(database_))
            sample.connections = load::connections_of(process_, database_);
        if (has_metrics) sample.metrics = ask_for_metrics(port_);
        if (sample.metrics && sample.metrics->empty()) has_metrics = false;
        lock.lock();
        samples_.push_back(std::move(sample));
        if (samples_.size() > most_samples) samples_.pop_front();
        ++count_;
        ends_.wait_for(lock, between_looks, [this] { return is_over_; });
    }
}

Json Observer::to_json() const {
    const std::lock_guard lock(mutex_);
    Json json = {{"seconds", Json::array()}, {"connections", Json::array()}};
    const auto tenths = [](double number) { return std::round(number * 10) / 10; };
    for (const Sample& sample : samples_) {
        json["seconds"].push_back(tenths(sample.seconds));
        json["connections"].push_back(sample.connections ? Json(*sample.connections) : Json());
    }
    const bool has_metrics =
        !samples_.empty() && samples_.back().metrics && !samples_.back().metrics->empty();
    Json now = Json::array();
    for (const char* name : drawn) {
        Json values = Json::array();
        bool any = false;
        for (const Sample& sample : samples_) {
            const auto value =
                sample.metrics ? value_of(*sample.metrics, name) : std::optional<double>();
            any = any || value;
            values.push_back(number_or_null(value));
        }
        if (any) json[name] = std::move(values);
    }
    if (has_metrics) {
        for (const auto& [name, value] : *samples_.back().metrics) now.push_back({name, value});
    }
    json["now"] = std::move(now);
    json["answers"] = samples_.empty() || samples_.back().metrics || !json.contains("pool_max");
    return json;
}

}  // namespace web
