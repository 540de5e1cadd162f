#include "crowd.hpp"

#include <fmt/format.h>
#include <httplib.h>

#include <chrono>
#include <nlohmann/json.hpp>
#include <random>
#include <utility>

#include "bank.hpp"
#include "support/malformed_requests.hpp"
#include "support/raw_client.hpp"

namespace long_day {

using std::chrono::milliseconds;

void Told::note(const std::string& card, const Wish& wish) {
    const std::lock_guard lock(mutex_);
    wishes_.insert_or_assign(card, wish);
    if (wish.status == 201) accepted_.push_back(card);
}

void Told::note_review(shop::Id review, const std::string& text) {
    const std::lock_guard lock(mutex_);
    reviews_.emplace(review, text);
}

void Told::count(const std::string& what, int status) {
    const std::lock_guard lock(mutex_);
    ++counts_[what][status];
}

void Told::complain(const std::string& text) {
    const std::lock_guard lock(mutex_);
    complaints_.push_back(text);
}

std::pair<std::string, Wish> Told::some_accepted(std::uint64_t chance) const {
    const std::lock_guard lock(mutex_);
    if (accepted_.empty()) return {};
    const std::string& card = accepted_[chance % accepted_.size()];
    return {card, wishes_.at(card)};
}

std::map<std::string, Wish> Told::wishes() const {
    const std::lock_guard lock(mutex_);
    return wishes_;
}

std::map<shop::Id, std::string> Told::reviews() const {
    const std::lock_guard lock(mutex_);
    return reviews_;
}

std::map<std::string, std::map<int, long>> Told::counts() const {
    const std::lock_guard lock(mutex_);
    return counts_;
}

std::vector<std::string> Told::complaints() const {
    const std::lock_guard lock(mutex_);
    return complaints_;
}

// Where a customer stands: with a generator of her own, and a connection that stays.
struct Crowd::Place {
    Place(Crowd& in_crowd, unsigned number)
        : crowd(in_crowd), name(number), random(number), line("127.0.0.1", in_crowd.port_) {
        line.set_keep_alive(true);
        line.set_tcp_nodelay(true);
        line.set_read_timeout(5);
    }
    bool one_in(unsigned many) { return random() % many == 0; }
    // As long as nobody calls her away.
    void thinks(milliseconds time) const {
        const auto until = std::chrono::steady_clock::now() + time;
        while (std::chrono::steady_clock::now() < until && !crowd.rests_ && !crowd.leaves_)
            std::this_thread::sleep_for(milliseconds(5));
    }

    Crowd& crowd;
    unsigned name;
    std::mt19937 random;
    long visits = 0;
    httplib::Client line;
};

namespace {

const httplib::Headers somebody = {{"X-Customer", "alice"}};
constexpr int most_tries = 40;

std::string body_of(const std::string& card, const Wish& wish) {
    return fmt::format(R"({{"item_id":{},"quantity":{},"card":"{}"}})", wish.item, wish.quantity,
                       card);
}

int status_of(const httplib::Result& result) {
    return result ? result->status : 0;
}

bool says_how_it_ended(int status) {
    return status != 0 && status < 500;
}

shop::Id number_in(const std::string& body, const char* pointer) {
    const auto json = nlohmann::json::parse(body, nullptr, false);
    return json.is_discarded() ? 0 : json.value(nlohmann::json::json_pointer(pointer), shop::Id{0});
}

}  // namespace

Crowd::Crowd(int port, Told& told) : port_(port), told_(told) {
    // An order under a key of its own, asked for again until she is told how it ended.
    const auto buyer = [this](Place& place) {
        const std::string card =
            fmt::format("{}{}-{}", place.one_in(10) ? poor : "card-", place.name, ++place.visits);
        Wish wish{
            place.one_in(50) ? rare : first_plentiful + static_cast<int>(place.random() % 1000),
            1 + static_cast<int>(place.random() % 3)};
        httplib::Headers headers = somebody;
        headers.emplace("Idempotency-Key", card);
        for (int i = 0; i < most_tries && !leaves_ && !says_how_it_ended(wish.status); ++i) {
            if (i > 0) std::this_thread::sleep_for(milliseconds(250));
            const auto result =
                place.line.Post("/orders", headers, body_of(card, wish), "application/json");
            wish.status = status_of(result);
            if (wish.status == 201) wish.order = number_in(result->body, "/order/id");
            told_.count("orders", wish.status);
            told_.note(card, wish);
        }
        place.thinks(milliseconds(50));
    };
    const auto reader = [this](Place& place) {
        const int item = 1 + static_cast<int>(place.random() % items);
        told_.count("items", status_of(place.line.Get(fmt::format("/items/{}", item))));
        const auto [card, wish] = told_.some_accepted(place.random());
        if (wish.order != 0) {
            const auto result = place.line.Get(fmt::format("/orders/{}", wish.order));
            const int status = status_of(result);
            told_.count("orders looked up", status);
            if (status == 404 || (status == 200 && result->body.find(card) == std::string::npos))
                told_.complain(fmt::format("{} was told 201 and order {}, which later was: {} {}",
                                           card, wish.order, status, result->body));
        }
        place.thinks(milliseconds(20));
    };
    const auto reviewer = [this](Place& place) {
        const std::string text = fmt::format("review {}-{}", place.name, ++place.visits);
        const auto result = place.line.Post("/reviews", somebody,
                                            fmt::format(R"({{"item_id":5,"text":"{}"}})", text),
                                            "application/json");
        told_.count("reviews", status_of(result));
        if (status_of(result) == 201)
            told_.note_review(number_in(result->body, "/review/id"), text);
        place.thinks(milliseconds(100));
    };
    // All items, read a little at a time; as often as not she hangs up on the way.
    const auto slow_reader = [this](Place& place) {
        support::RawClient line(port_);
        line.asks("GET /items.ndjson");
        for (int i = 0; i < 20 && !rests_ && !leaves_; ++i) {
            line.reads(1000);
            place.thinks(milliseconds(50));
        }
        if (place.one_in(2)) return;
        const support::Transfer all = line.reads_to_the_end();
        told_.count("slow exports to the end", all.is_complete ? all.status : 0);
    };
    // An order, and she does not wait for the answer.
    const auto hangs_up = [this](Place& place) {
        const std::string card = fmt::format("gone-{}-{}", place.name, ++place.visits);
        const Wish wish{first_plentiful, 1};
        told_.note(card, wish);
        const std::string body = body_of(card, wish);
        {
            support::RawClient line(port_);
            line.sends(
                fmt::format("POST /orders HTTP/1.1\r\nHost: shop\r\nX-Customer: bob\r\n"
                            "Content-Type: application/json\r\nIdempotency-Key: {}\r\n"
                            "Content-Length: {}\r\n\r\n{}",
                            card, body.size(), body));
            place.thinks(milliseconds(place.random() % 20));
        }
        place.thinks(milliseconds(100));
    };
    const auto makes_no_sense = [this](Place& place) {
        support::MalformedRequests requests(static_cast<std::uint32_t>(place.random()));
        support::RawClient line(port_);
        line.sends(requests.next());
        line.says_no_more();
        told_.count("malformed", line.reads_to_the_end().status);
        place.thinks(milliseconds(50));
    };
    for (int i = 0; i < 6; ++i) comes(buyer);
    for (int i = 0; i < 3; ++i) comes(reader);
    comes(reviewer);
    comes(slow_reader);
    comes(hangs_up);
    comes(makes_no_sense);
}

Crowd::~Crowd() {
    leaves_ = true;
    for (std::thread& thread : threads_) thread.join();
}

void Crowd::rests() {
    rests_ = true;
    while (busy_ > 0) std::this_thread::sleep_for(milliseconds(5));
}

void Crowd::goes_on() {
    rests_ = false;
}

void Crowd::comes(std::function<void(Place&)> visit) {
    const auto number = static_cast<unsigned>(threads_.size() + 1);
    threads_.emplace_back([this, number, visit = std::move(visit)] {
        Place place(*this, number);
        while (!leaves_) {
            if (rests_) {
                std::this_thread::sleep_for(milliseconds(5));
                continue;
            }
            ++busy_;
            if (!rests_) visit(place);
            if (rests_) place.line.stop();
            --busy_;
        }
    });
}

}  // namespace long_day
