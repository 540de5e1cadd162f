#include "web/gate.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <random>
#include <stdexcept>
#include <system_error>
#include <utility>

#include "text/text.hpp"

namespace fs = std::filesystem;

namespace web {
namespace {

constexpr std::size_t key_size = 43;  // 258 bits in letters of which each has 6
constexpr std::string_view letters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

std::string new_key() {
    std::random_device device;  // the system's own randomness
    std::uniform_int_distribution<std::size_t> any(0, letters.size() - 1);
    std::string key;
    for (std::size_t i = 0; i < key_size; ++i) key += letters[any(device)];
    return key;
}

bool is_ours_alone(const fs::path& file) {
    struct stat info = {};
    return ::lstat(file.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
           info.st_uid == ::geteuid() && (info.st_mode & 077) == 0;
}

bool is_key(std::string_view text) {
    return text.size() == key_size && text.find_first_not_of(letters) == std::string_view::npos;
}

// In the same time wherever they differ.
bool same(std::string_view a, std::string_view b) {
    unsigned different = a.size() == b.size() ? 0 : 1;
    for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i)
        different |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i]);
    return different == 0;
}

void write_private(const fs::path& file, std::string_view text) {
    std::error_code ignored;
    fs::remove(file, ignored);
    const int descriptor =
        ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    const bool written = descriptor >= 0 && ::write(descriptor, text.data(), text.size()) ==
                                                static_cast<ssize_t>(text.size());
    const int error = errno;
    if (descriptor >= 0) ::close(descriptor);
    if (!written) {
        throw std::runtime_error(fmt::format("{} cannot be written ({})", file.string(),
                                             std::generic_category().message(error)));
    }
}

}  // namespace

std::string key_in(const fs::path& file) {
    if (is_ours_alone(file)) {
        const std::string text = tools::read_file(file);
        if (is_key(tools::trimmed(text))) return std::string(tools::trimmed(text));
    }
    std::error_code ignored;
    fs::create_directories(file.parent_path(), ignored);
    const std::string key = new_key();
    write_private(file, key + "\n");
    return key;
}

bool Rate::take(Clock::time_point now) {
    if (last_) {
        const double passed = std::chrono::duration<double>(now - *last_).count();
        left_ = std::min(at_once_, left_ + std::max(passed, 0.0) * per_second_);
    }
    last_ = now;
    if (left_ < 1) return false;
    left_ -= 1;
    return true;
}

Gate::Gate(std::string key, int port, Rate guests, Rate strangers)
    : key_(std::move(key)),
      port_(port),
      cookie_name_(fmt::format("leaklings-{}", port)),
      guests_(guests),
      strangers_(strangers) {}

Admission Gate::ask(const Visitor& visitor, Rate::Clock::time_point now) {
    const bool for_us = is_for_us(visitor);
    const bool with_cookie = has_cookie(visitor);
    const bool with_key = visitor.method == "GET" && visitor.path == "/" && same(visitor.key, key_);
    const bool known = for_us && (with_cookie || with_key);
    {
        const std::lock_guard lock(mutex_);
        if (!(known ? guests_ : strangers_).take(now)) return Admission::too_many;
    }
    if (!for_us) return Admission::another_host;
    if (with_key) return Admission::with_key;
    if (!with_cookie) return Admission::no_key;
    return is_from_us(visitor) ? Admission::welcome : Admission::another_origin;
}

bool Gate::is_for_us(const Visitor& visitor) const {
    return visitor.host == fmt::format("127.0.0.1:{}", port_) ||
           visitor.host == fmt::format("localhost:{}", port_);
}

bool Gate::is_from_us(const Visitor& visitor) const {
    if (visitor.site && *visitor.site != "same-origin" && *visitor.site != "none") return false;
    if (visitor.origin) return *visitor.origin == "http://" + *visitor.host;
    // Browsers name the origin of whatever is no GET.
    return visitor.method == "GET" || visitor.method == "HEAD";
}

bool Gate::has_cookie(const Visitor& visitor) const {
    if (!visitor.cookie) return false;
    std::string_view rest = *visitor.cookie;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find(';'), rest.size());
        const std::string_view each = tools::trimmed(rest.substr(0, end));
        const std::size_t equals = each.find('=');
        if (equals != std::string_view::npos && each.substr(0, equals) == cookie_name_ &&
            same(each.substr(equals + 1), key_)) {
            return true;
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return false;
}

std::string Gate::cookie() const {
    return fmt::format("{}={}; Path=/; HttpOnly; SameSite=Strict", cookie_name_, key_);
}

std::string Gate::address() const {
    return fmt::format("http://127.0.0.1:{}/?key={}", port_, key_);
}

}  // namespace web
