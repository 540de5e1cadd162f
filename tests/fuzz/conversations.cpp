// Fuzzed: all that comes over a connection to the shop of lesson 17, its last request with it. The
// shop answers, or hangs up; it never says 500, and its stock is never below zero.
#include <SQLiteCpp/SQLiteCpp.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

#include "shop/bank.hpp"
#include "shop/database.hpp"
#include "shop/serve.hpp"

namespace {

[[noreturn]] void fail(const char* what) {
    std::fprintf(stderr, "%s\n", what);
    std::abort();
}

class Yes : public shop::Bank {
 public:
    shop::Answer authorize(const shop::NewOrder&) override { return shop::Answer::accepted; }
    shop::Answer capture(const shop::NewOrder&) override { return shop::Answer::accepted; }
    using Bank::charge;
    shop::Answer charge(const shop::NewOrder&, const std::string&) override {
        return shop::Answer::accepted;
    }
};

// Open until the process ends.
class Shop {
 public:
    Shop() {
        std::atexit([] { std::filesystem::remove_all(folder()); });
        shop::create_database(file());
        SQLite::Database(file(), SQLite::OPEN_READWRITE)
            .exec("UPDATE items SET stock = 1000000 WHERE id = 1");
        std::thread([this] { shop::serve(options_); }).detach();
        std::unique_lock lock(mutex_);
        changed_.wait(lock, [this] { return port_ != 0; });
    }
    int port() const { return port_; }
    bool is_in_stock() const {
        SQLite::Database database(file());
        return database.execAndGet("SELECT count(*) FROM items WHERE stock < 0").getInt() == 0;
    }

 private:
    static const std::filesystem::path& folder() {
        static const std::filesystem::path made = [] {
            std::string name = std::filesystem::temp_directory_path() / "leaklings-fuzz-XXXXXX";
            if (mkdtemp(name.data()) == nullptr) fail("no folder can be made");
            return name;
        }();
        return made;
    }
    static std::string file() { return folder() / "shop.db"; }

    void hear(std::string_view line) {
        constexpr std::string_view open = "The shop is open at http://127.0.0.1:";
        if (!line.starts_with(open)) return;
        const std::lock_guard lock(mutex_);
        std::from_chars(line.data() + open.size(), line.data() + line.size(), port_);
        changed_.notify_all();
    }

    Yes bank_;
    shop::ServeOptions options_{
        .database = file(), .bank = bank_, .say = [this](std::string_view line) { hear(line); }};
    std::mutex mutex_;
    std::condition_variable changed_;
    int port_ = 0;
};

// All that the shop says to these bytes, until it hangs up.
std::string answer_to(int port, const std::uint8_t* data, std::size_t size) {
    const int line = socket(AF_INET, SOCK_STREAM, 0);
    const timeval wait{20, 0};
    setsockopt(line, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (connect(line, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0) {
        fail("the shop lets nobody in");
    }
    send(line, data, size, MSG_NOSIGNAL);
    shutdown(line, SHUT_WR);
    std::string answer;
    std::array<char, 4096> bytes{};
    ssize_t count = 0;
    while ((count = recv(line, bytes.data(), bytes.size(), 0)) > 0) {
        answer.append(bytes.data(), static_cast<std::size_t>(count));
    }
    if (count < 0 && errno == EAGAIN) fail("the shop neither answers nor hangs up");
    close(line);
    return answer;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static const auto* const shop = [] {
        sigset_t alarm;  // libFuzzer's own, which would interrupt our calls
        sigemptyset(&alarm);
        sigaddset(&alarm, SIGALRM);
        pthread_sigmask(SIG_BLOCK, &alarm, nullptr);
        return new Shop;
    }();
    const std::string answer = answer_to(shop->port(), data, size);
    if (answer.find("HTTP/1.1 500") != std::string::npos) fail("the shop said 500");
    static int inputs = 0;
    if (++inputs % 1000 == 0 && !shop->is_in_stock()) fail("stock is below zero");
    return 0;
}
