// Which requests are let in.
#include "web/gate.hpp"

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "text/text.hpp"

namespace fs = std::filesystem;
using web::Admission;
using web::Gate;
using web::Rate;
using web::Visitor;

namespace {

const std::string the_key(43, 'k');
const Rate::Clock::time_point start;

Visitor one_of_us() {
    Visitor visitor;
    visitor.method = "GET";
    visitor.path = "/01_global_session.html";
    visitor.host = "127.0.0.1:8900";
    visitor.cookie = "other=1; leaklings-8900=" + the_key;
    return visitor;
}

Admission ask(const Visitor& visitor) {
    return Gate(the_key, 8900).ask(visitor, start);
}

}  // namespace

TEST_CASE("The key is long, stays the same, and only its owner can read it") {
    const tools::TemporaryFolder folder;
    const fs::path file = folder.path() / "of the course" / "web.key";
    const std::string key = web::key_in(file);
    CHECK(key.size() == 43);
    CHECK(web::key_in(file) == key);
    CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));
    CHECK(web::key_in(folder.path() / "another") != key);
}

TEST_CASE("A key that others can read, that is a link, or that is too short, is replaced") {
    const tools::TemporaryFolder folder;
    const fs::path file = folder.path() / "web.key";
    const std::string read_by_others = web::key_in(file);
    fs::permissions(file, fs::perms::group_read, fs::perm_options::add);
    const std::string key = web::key_in(file);
    CHECK(key != read_by_others);
    CHECK(fs::status(file).permissions() == (fs::perms::owner_read | fs::perms::owner_write));

    tools::write_file(file, "short\n");
    CHECK(web::key_in(file).size() == 43);

    const fs::path elsewhere = folder.path() / "elsewhere";
    tools::write_file(elsewhere, key);
    fs::permissions(elsewhere, fs::perms::owner_read | fs::perms::owner_write);
    fs::remove(file);
    fs::create_symlink(elsewhere, file);
    CHECK(web::key_in(file) != key);
    CHECK(tools::read_file(elsewhere) == key);
}

TEST_CASE(
    "A request with the cookie is welcome, and one with the key in its address gets the cookie") {
    CHECK(ask(one_of_us()) == Admission::welcome);
    Visitor visitor = one_of_us();
    visitor.cookie.reset();
    CHECK(ask(visitor) == Admission::no_key);
    visitor.path = "/";
    visitor.key = the_key;
    CHECK(ask(visitor) == Admission::with_key);
    visitor.method = "POST";
    CHECK(ask(visitor) == Admission::no_key);
}

TEST_CASE("A key that is nearly right is wrong, and so is the cookie of another port") {
    const std::string almost = the_key.substr(1) + "K";
    Visitor visitor = one_of_us();
    for (const std::string& cookie :
         {std::string("leaklings-8900=" + almost), "leaklings-8900=" + the_key + "k",
          std::string("leaklings-8900="), "leaklings-8901=" + the_key, the_key,
          "x-leaklings-8900=" + the_key, std::string()}) {
        INFO(cookie);
        visitor.cookie = cookie;
        CHECK(ask(visitor) == Admission::no_key);
    }
    visitor.path = "/";
    visitor.key = almost;
    CHECK(ask(visitor) == Admission::no_key);
}

TEST_CASE("A request for another name is turned away, whatever it brings") {
    Visitor visitor = one_of_us();
    visitor.host = "localhost:8900";
    CHECK(ask(visitor) == Admission::welcome);
    for (const char* host : {"evil.example:8900", "127.0.0.1", "127.0.0.1:8901", "localhost", "",
                             "127.0.0.1:8900.evil.example", "evil.example"}) {
        INFO(host);
        visitor.host = host;
        CHECK(ask(visitor) == Admission::another_host);
    }
    visitor.host.reset();
    CHECK(ask(visitor) == Admission::another_host);
}

TEST_CASE("What changes anything must come from our own pages") {
    Visitor visitor = one_of_us();
    visitor.method = "POST";
    CHECK(ask(visitor) == Admission::another_origin);
    visitor.origin = "http://127.0.0.1:8900";
    CHECK(ask(visitor) == Admission::welcome);
    for (const char* origin : {"http://evil.example", "http://127.0.0.1:8080", "null", "",
                               "https://127.0.0.1:8900", "http://localhost:8900"}) {
        INFO(origin);
        visitor.origin = origin;
        CHECK(ask(visitor) == Admission::another_origin);
        visitor.method = "GET";
        CHECK(ask(visitor) == Admission::another_origin);
        visitor.method = "POST";
    }
    visitor.origin = "http://127.0.0.1:8900";
    for (const char* site : {"cross-site", "same-site"}) {
        visitor.site = site;
        CHECK(ask(visitor) == Admission::another_origin);
    }
    visitor.site = "same-origin";
    CHECK(ask(visitor) == Admission::welcome);
}

TEST_CASE("There are so many at once and so many a second") {
    Rate rate(3, 2);
    for (int i = 0; i < 3; ++i) CHECK(rate.take(start));
    CHECK_FALSE(rate.take(start));
    CHECK(rate.take(start + std::chrono::milliseconds(500)));
    CHECK_FALSE(rate.take(start + std::chrono::milliseconds(500)));
    CHECK_FALSE(
        rate.take(start));  // a clock does not go back, and if it did nothing would be gained
    const auto much_later = start + std::chrono::hours(1);
    for (int i = 0; i < 3; ++i) CHECK(rate.take(much_later));
    CHECK_FALSE(rate.take(much_later));
}

TEST_CASE("Many requests without the key are told to wait, and those with it are still let in") {
    Gate gate(the_key, 8900);
    Visitor stranger = one_of_us();
    stranger.cookie.reset();
    int turned_away = 0;
    while (gate.ask(stranger, start) == Admission::no_key) ++turned_away;
    CHECK(turned_away == 40);
    CHECK(gate.ask(stranger, start) == Admission::too_many);
    CHECK(gate.ask(one_of_us(), start) == Admission::welcome);
    int welcome = 1;
    while (gate.ask(one_of_us(), start) == Admission::welcome) ++welcome;
    CHECK(welcome == 400);
}

TEST_CASE("The cookie is kept from scripts and from other sites") {
    const std::string cookie = Gate(the_key, 8900).cookie();
    CHECK(cookie == "leaklings-8900=" + the_key + "; Path=/; HttpOnly; SameSite=Strict");
}
