// A lesson's server as its reader starts it:
// flags, clear errors, and an end that leaves nothing behind.
#include <fmt/format.h>
#include <httplib.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "process/child.hpp"
#include "process/command.hpp"
#include "support/catch.hpp"
#include "support/patience.hpp"

namespace fs = std::filesystem;

namespace {

constexpr const char* server = SHOP_SERVER;

tools::Command command(std::vector<std::string> flags) {
    flags.insert(flags.begin(), server);
    tools::Command command;
    command.words = std::move(flags);
    command.limit = std::chrono::seconds(30);
    return command;
}

// A folder of the test's own.
struct Folder {
    Folder() {
        std::string name = (fs::temp_directory_path() / "leaklings-server-XXXXXX").string();
        REQUIRE(mkdtemp(name.data()) != nullptr);
        path = name;
    }
    Folder(const Folder&) = delete;
    Folder& operator=(const Folder&) = delete;
    ~Folder() { fs::remove_all(path); }
    fs::path path;
};

auto deadline() {
    return std::chrono::steady_clock::now() + 6 * support::patience();
}

// A server at a free port, once it has said where.
struct Shop {
    explicit Shop(std::vector<std::string> flags,
                  const fs::path& temporary = fs::temp_directory_path())
        : child(with(std::move(flags), temporary)) {
        const std::string before = "http://127.0.0.1:";
        while (child.output().find("Ctrl-C") == std::string::npos) {
            INFO(child.output());
            REQUIRE(child.read_more(deadline()));
        }
        port = std::stoi(child.output().substr(child.output().find(before) + before.size()));
    }
    static tools::Command with(std::vector<std::string> flags, const fs::path& temporary) {
        flags.insert(flags.end(), {"--port", "0"});
        tools::Command start = command(std::move(flags));
        start.environment = {{"TMPDIR", temporary.string()}};
        return start;
    }
    void close() {
        child.terminate();
        REQUIRE(child.await_end(deadline()));
        CHECK(child.end().exit_status == 0);
    }
    tools::Child child;
    int port = 0;
};

}  // namespace

TEST_CASE("The server's flags are told, and wrong ones refused with a word and status 2") {
    const tools::Outcome help = tools::run(command({"--help"}));
    CHECK(help.exit_status == 0);
    CHECK(help.output.find("--bank-takes") != std::string::npos);
    for (const std::vector<std::string>& flags : {std::vector<std::string>{"--port", "70000"},
                                                  {"--port", "many"},
                                                  {"--bank-takes", "5x"},
                                                  {"--bank-takes", "-1s"},
                                                  {"--bank-takes", "1e99s"},
                                                  {"--workers", "0"},
                                                  {"--nonsense"}}) {
        const tools::Outcome outcome = tools::run(command(flags));
        INFO(flags.front() << "\n" << outcome.output);
        CHECK(outcome.exit_status == 2);
        CHECK(outcome.output.find(flags.front().substr(2)) != std::string::npos);
    }
}

TEST_CASE("A port that is taken is an error that says what to do") {
    const Shop first({});
    const tools::Outcome second = tools::run(command({"--port", std::to_string(first.port)}));
    INFO(second.output);
    CHECK(second.exit_status == 1);
    CHECK(second.output.find(fmt::format("port {} cannot be had", first.port)) !=
          std::string::npos);
    CHECK(second.output.find("--port") != std::string::npos);
}

TEST_CASE("A database that is none is refused, and left as it was") {
    const Folder folder;
    const fs::path file = folder.path / "notes.txt";
    std::ofstream(file) << "not a database, but a shopping list: tea, a pot\n";
    const auto before = fs::file_size(file);
    for (const fs::path& path : {file, folder.path, folder.path / "nowhere" / "shop.db"}) {
        const tools::Outcome outcome = tools::run(command({"--database", path.string()}));
        INFO(outcome.output);
        CHECK(outcome.exit_status == 1);
        CHECK(outcome.output.find("The shop cannot open: " + path.string()) != std::string::npos);
    }
    CHECK(fs::file_size(file) == before);
}

TEST_CASE("A named database is made once and kept") {
    const Folder folder;
    const std::string file = (folder.path / "shop.db").string();
    for (const int expected : {9, 8}) {
        Shop shop({"--database", file});
        httplib::Client client("127.0.0.1", shop.port);
        const auto order = client.Post("/orders", R"({"item_id":1,"quantity":1,"card":"alice"})",
                                       "application/json");
        REQUIRE(order);
        CHECK(order->status == 201);
        const auto item = client.Get("/items/1");
        REQUIRE(item);
        CHECK(item->body.find(fmt::format("\"stock\":{}", expected)) != std::string::npos);
        client.stop();
        shop.close();
    }
}

TEST_CASE("SIGTERM closes the shop, and its own database goes with it") {
    const Folder folder;
    Shop shop({}, folder.path);
    CHECK(!fs::is_empty(folder.path));
    shop.close();
    CHECK(fs::is_empty(folder.path));
}

TEST_CASE("The bank declines the card that it is told to, and no other") {
    const Shop shop({"--bank-declines", "alice", "--bank-takes", "1ms"});
    httplib::Client client("127.0.0.1", shop.port);
    const auto status = [&](const char* card) {
        const auto reply =
            client.Post("/orders", fmt::format(R"({{"item_id":1,"quantity":1,"card":"{}"}})", card),
                        "application/json");
        return reply ? reply->status : 0;
    };
    CHECK(status("alice") == 402);
    CHECK(status("bob") == 201);
}
