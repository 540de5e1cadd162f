// The server behind ./learn web: which requests are let in, what there is, how much of it, and how
// it ends.
// Nothing is built here.
#include "web/server.hpp"

#include <httplib.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <future>
#include <string>
#include <utility>
#include <vector>

#include "support/catch.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/paper_course.hpp"
#include "web/testing/web_tutor.hpp"

namespace {

class Served {
 public:
    Served() : tutor_(with_pages()) {}
    const PaperCourse& course() const { return course_; }
    WebTutor* operator->() { return &tutor_; }

 private:
    const std::filesystem::path& with_pages() const {
        bring_page_files(course_.root());
        course_.write("book/README.md", "# The book\n\nOf a shop.\n");
        course_.write("book/pictures/00_shop.svg", "<svg xmlns=\"http://www.w3.org/2000/svg\"/>\n");
        return course_.root();
    }

    PaperCourse course_;
    WebTutor tutor_;
};

constexpr std::size_t workers = web::most_streams + web::workers_for_requests;

int connect_to(int port) {
    const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    REQUIRE(::connect(socket, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
    return socket;
}

void write_to(int socket, const std::string& bytes) {
    REQUIRE(::write(socket, bytes.data(), bytes.size()) == static_cast<ssize_t>(bytes.size()));
}

// An HTTP connection that asks for the stream, and listens.
class OpenStream {
 public:
    explicit OpenStream(const WebTutor& tutor) : socket_(connect_to(tutor.port())) {
        write_to(socket_,
                 "GET /events HTTP/1.1\r\nHost: 127.0.0.1:" + std::to_string(tutor.port()) +
                     "\r\nCookie: " + tutor.cookie() + "\r\n\r\n");
    }
    OpenStream(OpenStream&& other) noexcept : socket_(std::exchange(other.socket_, -1)) {}
    OpenStream& operator=(OpenStream&&) = delete;
    ~OpenStream() {
        if (socket_ >= 0) ::close(socket_);
    }
    // What has come when it is there, or the other side has ended.
    std::string await(const std::string& text) {
        std::string seen;
        char bytes[4096];
        for (ssize_t count = 0; seen.find(text) == std::string::npos;) {
            count = ::read(socket_, bytes, sizeof(bytes));
            if (count <= 0) break;
            seen.append(bytes, static_cast<std::size_t>(count));
        }
        return seen;
    }

 private:
    int socket_;
};

const std::vector<std::string> addresses = {"/",
                                            "/index.html",
                                            "/00_first.html",
                                            "/pictures/00_shop.svg",
                                            "/search.json",
                                            "/assets/main.js",
                                            "/assets/style.css",
                                            "/events",
                                            "/no/such/page"};

}  // namespace

TEST_CASE("Without the key every address is forbidden, and says nothing of the course") {
    Served served;
    for (const std::string& address : addresses) {
        INFO(address);
        const auto reply = served->get_as(address, {});
        REQUIRE(reply);
        CHECK(reply->status == 403);
        CHECK_FALSE(has(reply->body, "shop"));
        const auto wrong = served->get(address, {{"Cookie", served->cookie() + "x"}});
        REQUIRE(wrong);
        CHECK(wrong->status == 403);
    }
    for (const char* verb :
         {"watch", "test", "hint", "quiz", "answer", "reset", "skip", "difference", "timeline",
          "open", "run", "close", "kill", "again", "bank", "send", "load", "compare"}) {
        const auto reply = served->post(std::string("/verb/") + verb, R"({"lesson":"00_first"})",
                                        {{"Cookie", "none=1"}});
        REQUIRE(reply);
        CHECK(reply->status == 403);
    }
}

TEST_CASE("The key in the address becomes a cookie, and the address without it is the course") {
    Served served;
    const std::string path = served->address().substr(served->base().size());
    const auto first = served->get_as(path, {});
    REQUIRE(first);
    CHECK(first->status == 200);
    CHECK(has(first->body, "url=/\""));
    CHECK_FALSE(has(first->body, "key="));
    const std::string cookie = first->get_header_value("Set-Cookie");
    CHECK(has(cookie, served->cookie() + "; Path=/; HttpOnly; SameSite=Strict"));
    const auto course = served->get("/");
    REQUIRE(course);
    CHECK(course->status == 200);
    CHECK(has(course->body, "<h1 id=\"the-book\">The book</h1>"));
    CHECK(course->get_header_value("Set-Cookie").empty());
    CHECK_FALSE(has(course->body, served->cookie().substr(15)));
}

TEST_CASE("Requests for another host, and from another site, are turned away") {
    Served served;
    const std::string port = std::to_string(served->port());
    for (const std::string& host :
         {"evil.example:" + port, std::string("evil.example"), "127.0.0.2:" + port}) {
        INFO(host);
        const auto reply = served->get("/", {{"Host", host}});
        REQUIRE(reply);
        CHECK(reply->status == 403);
    }
    for (const std::string& origin : {std::string("http://evil.example"), std::string("null"),
                                      std::string("http://127.0.0.1:1")}) {
        INFO(origin);
        const auto reply =
            served->post("/verb/reset", R"({"lesson":"00_first"})", {{"Origin", origin}});
        REQUIRE(reply);
        CHECK(reply->status == 403);
    }
    CHECK(served.course().read("lessons/00_first/shop.cpp").find("return 1") != std::string::npos);
}

TEST_CASE("Every reply says what a browser must not do with it") {
    Served served;
    for (const std::string& address : addresses) {
        if (address == "/events") continue;  // below, for it does not end
        INFO(address);
        const auto reply = served->get(address);
        REQUIRE(reply);
        const std::string policy = reply->get_header_value("Content-Security-Policy");
        CHECK(has(policy, "default-src 'none'"));
        CHECK(has(policy, "frame-ancestors 'none'"));
        CHECK((address == "/pictures/00_shop.svg") == has(policy, "sandbox"));
        CHECK((address == "/pictures/00_shop.svg") == has(policy, "unsafe-inline"));
        CHECK(reply->get_header_value("X-Content-Type-Options") == "nosniff");
        CHECK(reply->get_header_value("Referrer-Policy") == "no-referrer");
        CHECK(reply->get_header_value("Cache-Control") == "no-store");
        CHECK(reply->get_header_value_count("Content-Security-Policy") == 1);
    }
    OpenStream stream(*served.operator->());
    const std::string head = stream.await("data: ");
    CHECK(has(head, "Content-Type: text/event-stream"));
    CHECK(has(head, "default-src 'none'"));
}

TEST_CASE("No address leads out of the book") {
    Served served;
    served.course().write("secret.md", "# Secret\n");
    served.course().write("book/pictures/secret.txt", "Secret\n");
    for (const char* address :
         {"/../secret.html", "/%2e%2e/secret.html", "/..%2fsecret.html", "/secret.html",
          "/../secret.md", "/pictures/../../secret.md", "/pictures/..%2f..%2fsecret.md",
          "/pictures/secret.txt", "/pictures/%2e%2e%2f%2e%2e%2fsecret.svg", "/assets/../server.cpp",
          "/assets/..%2f..%2fserver.cpp", "/assets/main.js%00.css", "/lessons/00_first/shop.cpp",
          "/.learn/web.key", "//etc/passwd", "/assets//etc/passwd", "/book/00_first.md",
          "/00_first.md"}) {
        INFO(address);
        const auto reply = served->get(address);
        REQUIRE(reply);
        CHECK(reply->status >= 400);
        CHECK(reply->status < 500);
        CHECK_FALSE(has(reply->body, "Secret"));
        CHECK_FALSE(has(reply->body, "root:"));
        CHECK_FALSE(has(reply->body, "int items"));
    }
}

TEST_CASE("A request that brings too much is refused") {
    Served served;
    const auto body = served->post("/verb/hint", std::string(web::most_bytes + 1, ' '));
    REQUIRE(body);
    CHECK(body->status == 413);
    const auto address = served->get("/" + std::string(20'000, 'x'));
    CHECK((!address || address->status == 414 || address->status == 400));
    CHECK(served->get("/")->status == 200);
}

TEST_CASE("Requests that come too fast are told to wait") {
    Served served;
    int status = 200;
    for (int asked = 0; status == 200 && asked < 10'000; ++asked)
        status = served->get("/assets/icon.svg")->status;
    CHECK(status == 429);
}

TEST_CASE("However many pages are open, requests are answered, and one page too many is told so") {
    Served served;
    std::vector<OpenStream> streams;
    for (std::size_t i = 0; i < web::most_streams; ++i) {
        streams.emplace_back(*served.operator->());
        REQUIRE(has(streams.back().await("data: "), "200 OK"));
    }
    OpenStream one_more(*served.operator->());
    CHECK(has(one_more.await("Too many pages"), "503"));
    for (int i = 0; i < 20; ++i) CHECK(served->get("/00_first.html")->status == 200);
    CHECK(served->ask("hint", {{"lesson", "00_first"}, {"number", 1}}).contains("mistake"));
    streams.clear();
    // Their places are free as soon as it is noticed.
    while (!has(OpenStream(*served.operator->()).await("\r\n\r\n"), "200 OK"))
        ::poll(nullptr, 0, 50);
}

TEST_CASE("HTTP connections on which nothing is asked hold nobody up for long") {
    Served served;
    std::vector<int> silent;
    for (std::size_t i = 0; i < 10 * workers; ++i) silent.push_back(connect_to(served->port()));
    const auto reply = served->get("/");
    REQUIRE(reply);
    CHECK(reply->status == 200);
    for (const int socket : silent) ::close(socket);
}

TEST_CASE("Clients who send a request byte by byte hold nobody up for long") {
    Served served;
    std::vector<int> slow;
    for (std::size_t i = 0; i < 2 * workers; ++i) {
        slow.push_back(connect_to(served->port()));
        write_to(slow.back(), "GET / HTTP/1.1\r\nX: ");
    }
    auto page = std::async(std::launch::async, [&] { return served->get("/"); });
    while (page.wait_for(std::chrono::milliseconds(100)) != std::future_status::ready) {
        for (const int socket : slow) ::send(socket, "x", 1, MSG_NOSIGNAL);
    }
    const auto reply = page.get();  // none: its client has given up
    REQUIRE(reply);
    CHECK(reply->status == 200);
    for (const int socket : slow) ::close(socket);
}

TEST_CASE("Nobody makes a long reply of a short one by asking for its parts") {
    Served served;
    std::string parts = "bytes=0-";
    for (int i = 0; i < 1000; ++i) parts += ",0-";
    for (const char* address : {"/no/such/page", "/00_first.html"}) {
        INFO(address);
        const auto whole = served->get(address);
        const auto asked = served->get(address, {{"Range", parts}});
        REQUIRE(asked);
        CHECK(asked->status == whole->status);
        CHECK(asked->body == whole->body);
    }
    CHECK(served->get_as("/", {{"Range", parts}})->body.size() < 2'000);
}

TEST_CASE("A port that is taken is an error that names the program that has it") {
    Served served;
    const tools::Outcome outcome =
        served.course().learn({"web", "--no-open", "--port", std::to_string(served->port())});
    CHECK(outcome.exit_status == 2);
    CHECK(has(outcome.output, "Port " + std::to_string(served->port()) + " cannot be had."));
    CHECK(has(outcome.output, "--port " + std::to_string(served->port() + 1)));
}

TEST_CASE("It listens on this machine alone") {
    Served served;
    httplib::Client client("127.0.0.2", served->port());
    CHECK_FALSE(client.Get("/"));
}

TEST_CASE("Ctrl-C closes it, also while pages are open") {
    Served served;
    OpenStream stream(*served.operator->());
    stream.await("data: ");
    served->send(SIGINT);
    CHECK(served->end() == 0);
    CHECK(has(served->said(), "Closed. ./learn web goes on from there."));
}

TEST_CASE("Another signal ends it with the status that a shell expects") {
    Served served;
    served->send(SIGTERM);
    CHECK(served->end() == 128 + SIGTERM);
}

TEST_CASE(
    "A verb that is not asked for as it should be is refused with a word, and changes nothing") {
    Served served;
    for (const char* body : {"", "no JSON", "[]", "{}", R"({"lesson":1})",
                             R"({"lesson":"../00_first"})", R"({"lesson":"99_none"})"}) {
        INFO(body);
        const auto reply = served->post("/verb/reset", body);
        REQUIRE(reply);
        CHECK(reply->status == 422);
        CHECK(has(reply->body, "\"error\""));
    }
    CHECK(served->post("/verb/no_such_verb", "{}")->status == 404);
    CHECK(served->get("/verb/reset")->status == 404);
    CHECK(served->ask("hint", {{"lesson", "00_first"}, {"number", -1}})["status"] == 422);
    CHECK(served->ask("hint", {{"lesson", "00_first"}, {"number", "one"}})["status"] == 422);
    CHECK(served->ask("timeline", {{"test", "no such test"}})["status"] == 422);
    CHECK(served->ask("timeline", {{"solution", true}})["status"] == 422);
    CHECK(served->ask("compare", {{"test", "no such test"}})["status"] == 422);
    CHECK(served->ask("bank", {{"mood", "generous"}})["status"] == 422);
    CHECK(served->ask("bank", {{"mood", "holding"}})["status"] == 422);  // no shop is open
    CHECK(served->ask("send", {{"method", "GET"}, {"path", "/items/1"}})["status"] == 422);
    CHECK(served->ask("load", {{"lesson", "00_first"}, {"whose", "mine"}})["status"] == 422);
    CHECK_FALSE(served.course().has(".learn/kept"));
}

TEST_CASE("A hint that is opened counts as one that hint has shown") {
    Served served;
    CHECK(served->ask("hint", {{"lesson", "00_first"}, {"number", 1}}) ==
          nlohmann::json{{"mistake", ""}});
    const auto state = served->await([](const nlohmann::json&) { return true; });
    REQUIRE(state);
    CHECK(state->at("lessons")[0]["hints"] == 1);
    served->send(SIGTERM);
    served->end();
    CHECK(has(served.course().learn({"hint", "00"}).output, "That was the last hint"));
}

TEST_CASE("An answer is kept where quiz keeps it, and earlier ones are told") {
    Served served;
    const auto question = [](const std::string& number) {
        return "**" + number + ". Why " + number + "?**\n\n- a) So.\n- b) Not so.\n- c) Both.\n\n" +
               "<details><summary>Answer</summary>\n\n**a.** It is.\n\n- b) It is not.\n- c) Hardly.\n\n"
               "</details>\n\n";
    };
    served.course().write("book/00_first.md",
                          "# 00 · First\n\n## Check yourself\n\n" + question("1") + question("2"));
    const nlohmann::json first = {{"lesson", "00_first"}};
    CHECK(served->ask("quiz", first) == nlohmann::json::parse(R"({"answers": [null, null]})"));
    const auto answer = [&](int number, const std::string& letter) {
        return served->ask("answer",
                           {{"lesson", "00_first"}, {"question", number}, {"answer", letter}});
    };
    CHECK(answer(1, "b") == nlohmann::json{{"right", false}});
    CHECK(served->ask("quiz", first) == nlohmann::json::parse(R"({"answers": [null, "b"]})"));
    const auto kept = [&] {
        return nlohmann::json::parse(served.course().learn({"quiz", "00", "--json"}).output)[0];
    };
    CHECK(kept()["answered"] == 1);
    CHECK(kept()["right"] == 0);
    CHECK(answer(1, "a") == nlohmann::json{{"right", true}});  // thought better of it
    CHECK(kept()["answered"] == 1);
    CHECK(kept()["right"] == 1);

    CHECK(answer(2, "a")["status"] == 422);
    CHECK(answer(-1, "a")["status"] == 422);
    for (const char* letter : {"d", "", "ab", "A"}) CHECK(answer(0, letter)["status"] == 422);
    CHECK(served->ask("answer", {{"lesson", "00_first"}, {"question", 0}})["status"] == 422);
    const auto from_elsewhere =
        served->post("/verb/answer", R"({"lesson":"00_first","question":0,"answer":"a"})",
                     {{"Origin", "http://evil.example"}});
    REQUIRE(from_elsewhere);
    CHECK(from_elsewhere->status == 403);
    CHECK(kept()["answered"] == 1);

    served.course().learn({"quiz", "00", "--again"});  // asks nothing, for it can read nothing
    CHECK(served->ask("quiz", first)["answers"][1] == nullptr);
}

TEST_CASE("Reset puts the starter back, and says where what was written is kept") {
    Served served;
    served.course().write("lessons/00_first/shop.cpp", "// Mine.\n");
    const auto answer = served->ask("reset", {{"lesson", "00_first"}});
    const std::string kept = answer.value("backup", "");
    CHECK(has(kept, ".learn/kept/"));
    CHECK(served.course().read(kept + "/shop.cpp") == "// Mine.\n");
    CHECK(has(served.course().read("lessons/00_first/shop.cpp"), "return 1"));
}

TEST_CASE("A lesson that is skipped is put off, as the list has it") {
    Served served;
    served->ask("skip", {{"lesson", "00_first"}});
    CHECK(has(served.course().learn({"list"}).output, "skipped"));
    served->ask("skip", {{"lesson", "00_first"}, {"back", true}});
    CHECK_FALSE(has(served.course().learn({"list"}).output, "skipped"));
}

TEST_CASE("What another ./learn writes down is shown, too") {
    Served served;
    served.course().learn({"skip", "01"});
    const auto state = served->await(
        [](const nlohmann::json& each) { return each.at("lessons")[1]["state"] == "skipped"; });
    CHECK(state);
}

TEST_CASE("The difference to the solution is what diff has") {
    Served served;
    const auto answer = served->ask("difference", {{"lesson", "00_first"}});
    CHECK(answer["text"] == served.course().learn({"diff", "00"}).output);
}

TEST_CASE(
    "A page of the book has its contents, its links, and its files to be opened in the editor") {
    Served served;
    served.course().write(
        "book/01_second.md",
        "# 01 · Second\n\n[mine](../lessons/01_second/shop.cpp) [gone](../lessons/none.cpp) "
        "[first](00_first.md#hints) [out](../../x.cpp) <script>alert(1)</script>\n");
    served.course().write("book/SUMMARY.md",
                          "# Part one\n\n- [00 · First](00_first.md)\n- [01 <b>](01_second.md)\n");
    const auto reply = served->get("/01_second.html");
    REQUIRE(reply);
    const std::string root = std::filesystem::canonical(served.course().root()).string();
    CHECK(has(reply->body, "vscode://file"));
    CHECK(has(reply->body, "the%20course/lessons/01_second/shop.cpp\">mine</a>"));
    CHECK(has(reply->body, "gone <a href=\"00_first.html#hints\">first</a> out"));
    CHECK(has(reply->body, "&lt;script&gt;alert(1)&lt;/script&gt;"));
    CHECK(has(reply->body, "<h2>Part one</h2>"));
    CHECK(has(reply->body, "<a href=\"01_second.html\" aria-current=\"page\">01 &lt;b&gt;</a>"));
}
