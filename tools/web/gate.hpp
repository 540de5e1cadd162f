// Which requests are let in. The server listens on this machine only, but everybody on it can ask,
// and a browser sends there what any site tells it to. So a request needs the key, which is in the
// address that ./learn web prints and then in a cookie; it must be meant for us (Host: no other name
// that leads here), and what changes anything must come from our own pages (Origin).
#pragma once

#include <chrono>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>

namespace web {

// The key of this course, in a file that only its owner can read: it stays the same, so that pages
// that are open go on when the tutor is started again. A file that others can read, or that has
// something else in it, is replaced. Throws std::runtime_error.
std::string key_in(const std::filesystem::path& file);

// So many at once, and so many a second. Not thread safe.
class Rate {
 public:
    using Clock = std::chrono::steady_clock;

    Rate(double at_once, double per_second)
        : at_once_(at_once), per_second_(per_second), left_(at_once) {}
    // Whether there is room for one more.
    bool take(Clock::time_point now);

 private:
    double at_once_;
    double per_second_;
    double left_;
    std::optional<Clock::time_point> last_;
};

// What is looked at of a request. An absent header is nothing, one that is there twice is "".
struct Visitor {
    std::string_view method;
    std::string_view path;
    std::string_view key;  // in the address; may be empty
    std::optional<std::string> host;
    std::optional<std::string> origin;
    std::optional<std::string> cookie;
    std::optional<std::string> site;  // Sec-Fetch-Site
};

enum class Admission {
    welcome,
    with_key,        // the key was in the address: the cookie is to be set
    no_key,          // 403
    another_host,    // 403
    another_origin,  // 403
    too_many,        // 429
};

// Thread safe.
class Gate {
 public:
    // A page with all that belongs to it is some ten requests; strangers are those that are turned away,
    // counted apart, so that they keep no other out.
    Gate(std::string key, int port, Rate guests = {400, 100}, Rate strangers = {40, 10});

    Admission ask(const Visitor& visitor, Rate::Clock::time_point now);
    // The value of Set-Cookie.
    std::string cookie() const;
    // That opens the course.
    std::string address() const;

 private:
    bool is_for_us(const Visitor& visitor) const;
    bool is_from_us(const Visitor& visitor) const;
    bool has_cookie(const Visitor& visitor) const;

    std::string key_;
    int port_;
    std::string cookie_name_;  // with the port, for a cookie is sent to all ports of a host
    std::mutex mutex_;
    Rate guests_;     // under the mutex
    Rate strangers_;  // under the mutex
};

}  // namespace web
