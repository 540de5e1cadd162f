#include "web/stage_load.hpp"

#include <fmt/format.h>

#include <cmath>
#include <exception>
#include <nlohmann/json.hpp>
#include <optional>
#include <string_view>
#include <utility>

#include "tutor/exit_status.hpp"
#include "web/metrics.hpp"

namespace web {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto pace = milliseconds(500);
constexpr auto breath = milliseconds(50);  // so soon it ends when it is called off

int between(const Json& body, const char* name, int least, int most) {
    const auto found = body.find(name);
    if (found == body.end() || !found->is_number_integer() || *found < least || *found > most)
        throw tutor::WrongUse(
            fmt::format("\"{}\" of a load is between {} and {}.", name, least, most));
    return found->get<int>();
}

double tenths(double number) {
    return std::round(number * 10) / 10;
}

double a_second(std::size_t count, double seconds) {
    return tenths(static_cast<double>(count) / seconds);
}

}  // namespace

LoadWanted load_from(const Json& body) {
    constexpr int most_customers = 32;
    LoadWanted wanted;
    wanted.plan.readers = between(body, "readers", 0, most_customers);
    wanted.plan.buyers = between(body, "buyers", 0, most_customers);
    const int customers = wanted.plan.readers + wanted.plan.buyers;
    if (customers < 1 || customers > most_customers)
        throw tutor::WrongUse(fmt::format("A load is of 1 to {} customers.", most_customers));
    wanted.plan.workers = between(body, "workers", 1, 48);
    wanted.plan.bank_takes = fmt::format("{}ms", between(body, "bank", 0, 1000));
    wanted.length = std::chrono::seconds(between(body, "seconds", 1, 30));
    return wanted;
}

struct StageLoad::Samples {
    std::string note = "The shop opens ...";
    Json series = {{"seconds", Json::array()}, {"reads", Json::array()}, {"orders", Json::array()},
                   {"p50", Json::array()},     {"p99", Json::array()},   {"refused", Json::array()},
                   {"failed", Json::array()}};
    Json seen;
    load::Told readers;
    load::Told buyers;
    double seconds = 0;

    void add(const load::Crowd::Both& told, double until) {
        const double passed = std::max(until - seconds, 0.001);
        load::Told all = told.readers;
        all.add(told.buyers);
        series["seconds"].push_back(tenths(until));
        series["reads"].push_back(a_second(told.readers.served, passed));
        series["orders"].push_back(a_second(told.buyers.served, passed));
        series["p50"].push_back(all.waits.empty() ? Json() : Json(tenths(all.wait(0.5))));
        series["p99"].push_back(all.waits.empty() ? Json() : Json(tenths(all.wait(0.99))));
        series["refused"].push_back(a_second(all.turned_away, passed));
        series["failed"].push_back(a_second(all.failed, passed));
        add_to_sum(told, until);
    }

    void add_to_sum(const load::Crowd::Both& told, double until) {
        readers.add(told.readers);
        buyers.add(told.buyers);
        seconds = until;
    }

    Json sum() {
        const auto of = [&](load::Told& told) {
            return Json{{"rate", a_second(told.served, std::max(seconds, 0.001))},
                        {"p50", tenths(told.wait(0.5))},
                        {"p99", tenths(told.wait(0.99))},
                        {"refused", told.turned_away},
                        {"failed", told.failed},
                        {"never", told.never}};
        };
        return {{"readers", of(readers)}, {"buyers", of(buyers)}};
    }
};

StageLoad::StageLoad(std::filesystem::path program, const LoadWanted& wanted,
                     std::function<void()> news)
    : program_(std::move(program)),
      wanted_(wanted),
      news_(std::move(news)),
      samples_(std::make_unique<Samples>()),
      thread_([this] { run(); }) {}

StageLoad::~StageLoad() {
    called_off_ = true;
    thread_.join();
}

void StageLoad::run() {
    std::string note;
    try {
        load::Server server(program_, wanted_.plan, [this] { return called_off_.load(); });
        go_through(server);
    } catch (const std::exception& error) {
        note = error.what();
    }
    {
        const std::lock_guard lock(mutex_);
        samples_->note = note;
    }
    is_over_ = true;
    news_();
}

void StageLoad::go_through(load::Server& server) {
    load::Crowd crowd(server, wanted_.plan);
    const Observer observer(server.port(), server.process(), server.database());
    const Clock::time_point began = Clock::now();
    const auto since = [&] { return std::chrono::duration<double>(Clock::now() - began).count(); };
    const Clock::time_point end = began + wanted_.length;
    Clock::time_point next = began + pace;
    const auto tell = [&](const auto& what) {
        {
            const std::lock_guard lock(mutex_);
            what();
            samples_->seen = observer.to_json();
        }
        news_();
    };
    while (Clock::now() < end && !called_off_) {
        server.listen_to_it(breath);
        if (Clock::now() < next) continue;
        next += pace;
        tell([&] {
            samples_->add(crowd.take(), since());
            samples_->note.clear();
        });
    }
    tell([&] { samples_->add_to_sum(crowd.leave(), since()); });
}

Json StageLoad::to_json() const {
    const std::lock_guard lock(mutex_);
    Json json = samples_->series;
    json["note"] = samples_->note;
    json["over"] = is_over();
    json["seen"] = samples_->seen;
    if (is_over()) json["sum"] = samples_->sum();
    return json;
}

}  // namespace web
