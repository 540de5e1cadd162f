#include "load/load.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <regex>
#include <stdexcept>
#include <utility>

namespace fs = std::filesystem;
using std::chrono::milliseconds;

namespace load {
namespace {

constexpr int first_plentiful = 4;

Customer::Reply judge(const httplib::Result& reply, int right) {
    if (!reply) return Customer::Reply::wrong;
    if (reply->status == right) return Customer::Reply::right;
    return reply->status == 503 ? Customer::Reply::turned_away : Customer::Reply::wrong;
}

Customer::Ask reader(int number) {
    return [i = number](httplib::Client& client) mutable {
        ++i;
        const bool there = i % 100 != 0;
        const int item = there ? 1 + i % items : items + 1;
        return judge(client.Get("/items/" + std::to_string(item)), there ? 200 : 404);
    };
}

Customer::Ask buyer(std::shared_ptr<std::atomic<int>> next_item) {
    return [next_item = std::move(next_item)](httplib::Client& client) {
        const int item = first_plentiful + (*next_item)++ % (items - first_plentiful);
        const auto body = fmt::format(R"({{"item_id":{},"quantity":1,"card":"bob"}})", item);
        return judge(client.Post("/orders", {{"X-Customer", "bob"}}, body, "application/json"),
                     201);
    };
}

Told all_of(const std::vector<std::unique_ptr<Customer>>& customers, Told (Customer::*ask)()) {
    Told all;
    for (const auto& customer : customers) all.add((*customer.*ask)());
    return all;
}

}  // namespace

void Told::add(const Told& other) {
    waits.insert(waits.end(), other.waits.begin(), other.waits.end());
    served += other.served;
    turned_away += other.turned_away;
    failed += other.failed;
    never += other.never;
}

double Told::wait(double part) {
    if (waits.empty()) return 0;
    std::sort(waits.begin(), waits.end());
    return waits[static_cast<std::size_t>(part * static_cast<double>(waits.size() - 1))];
}

Customer::Customer(int port, Ask ask, const std::atomic<Phase>& phase)
    : client_("127.0.0.1", port), ask_(std::move(ask)), phase_(phase) {
    client_.set_keep_alive(true);
    client_.set_tcp_nodelay(true);
    client_.set_read_timeout(60, 0);
    thread_ = std::thread([this] { shop(); });
}

Told Customer::take() {
    const std::lock_guard lock(mutex_);
    return std::exchange(told_, {});
}

Told Customer::leave() {
    while (!has_left_) {  // she may just be about to ask once more
        client_.stop();
        std::this_thread::sleep_for(milliseconds(1));
    }
    if (thread_.joinable()) thread_.join();
    return take();
}

void Customer::shop() {
    for (Phase phase = phase_; phase != Phase::over; phase = phase_) {
        const auto began = Clock::now();
        const Reply reply = ask_(client_);
        if (phase_ != Phase::coming) count(reply, Clock::now() - began);
        if (reply != Reply::right) std::this_thread::sleep_for(milliseconds(1));  // no rush
    }
    if (!answered_) {
        const std::lock_guard lock(mutex_);
        told_.never = 1;
    }
    has_left_ = true;
}

// A request that nobody has answered when the load is over counts with the time it waited.
void Customer::count(Reply reply, Clock::duration waited) {
    const std::lock_guard lock(mutex_);
    told_.waits.push_back(std::chrono::duration<double, std::milli>(waited).count());
    if (phase_ == Phase::over) return;
    answered_ = true;
    if (reply == Reply::right) ++told_.served;
    if (reply == Reply::turned_away) ++told_.turned_away;
    if (reply == Reply::wrong) ++told_.failed;
}

Server::Server(const fs::path& program, const Plan& plan, const std::function<bool()>& cancelled)
    : database_(fs::canonical(folder_.path()) / "shop.db"),
      child_({.words = {program.string(), "--port", "0", "--database", database_.string(),
                        "--items", std::to_string(items), "--workers", std::to_string(plan.workers),
                        "--bank-takes", plan.bank_takes},
              .most_output = 10'000,
              .temporary = folder_.path()}) {
    static const std::regex address(R"(open at http://127\.0\.0\.1:([0-9]+))");
    const auto deadline = Clock::now() + std::chrono::seconds(20);
    std::smatch match;
    std::string output;
    while (!std::regex_search(output, match, address)) {
        const auto now = Clock::now();
        const bool reads = child_.read_more(std::min(deadline, now + milliseconds(100)));
        const bool called_off = cancelled && cancelled();
        if (!reads && (called_off || now >= deadline || child_.await_end(now)))
            throw std::runtime_error(program.filename().string() + " does not open: " + output);
        output = child_.output();
    }
    port_ = std::stoi(match[1]);
}

std::optional<int> Server::connections() const {
    return connections_of(child_.pid(), database_);
}

void Server::listen_to_it(milliseconds how_long) {
    const auto until = Clock::now() + how_long;
    while (Clock::now() < until) {
        if (!child_.read_more(until)) std::this_thread::sleep_until(until);
    }
}

// One after the other, because the queue of those who connect is short, and a client finding it full
// tries again a second later.
Crowd::Crowd(Server& server, const Plan& plan) {
    const auto comes = [&](Customer::Ask ask) {
        server.listen_to_it(milliseconds(10));
        return std::make_unique<Customer>(server.port(), std::move(ask), phase_);
    };
    const auto next_item = std::make_shared<std::atomic<int>>(0);
    for (int i = 0; i < std::max(plan.readers, plan.buyers); ++i) {
        if (i < plan.readers) readers_.push_back(comes(reader(i * 997)));
        if (i < plan.buyers) buyers_.push_back(comes(buyer(next_item)));
    }
    phase_ = Phase::counted;
}

Crowd::Both Crowd::take() {
    return {all_of(readers_, &Customer::take), all_of(buyers_, &Customer::take)};
}

Crowd::Both Crowd::leave() {
    phase_ = Phase::over;
    return {all_of(readers_, &Customer::leave), all_of(buyers_, &Customer::leave)};
}

std::optional<int> connections_of(pid_t process, const fs::path& database) {
    std::error_code ignored;
    const fs::directory_iterator handles(fmt::format("/proc/{}/fd", process), ignored);
    if (ignored) return std::nullopt;
    return static_cast<int>(
        std::count_if(begin(handles), end(handles), [&](const fs::directory_entry& handle) {
            std::error_code gone;
            return fs::read_symlink(handle.path(), gone) == database;
        }));
}

}  // namespace load
