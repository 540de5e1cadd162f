// What a page is told at each save, in a small course that is really built.
#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "process/temporary_folder.hpp"
#include "support/catch.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/staged_lesson.hpp"
#include "web/testing/web_tutor.hpp"

namespace fs = std::filesystem;
using nlohmann::json;

namespace {

const json& round_of(const json& state) {
    return state.at("watched").at("round");
}

auto ends(const std::string& outcome) {
    return [outcome](const json& state) { return round_of(state)["outcome"] == outcome; };
}

// The file with that line in front of it.
std::string with_line(const std::string& line, const std::string& text) {
    return line + "\n" + text;
}

}  // namespace

TEST_CASE("At each save a page is told what the watch shows: red and why, then green and done") {
    const MiniCourse course;
    bring_page_files(course.root());
    WebTutor tutor(course.root());
    const auto red = tutor.await(ends("red"));
    REQUIRE(red);
    const json& first = round_of(*red).at("red");
    CHECK(first["name"] == "Every item's page shows that item");
    CHECK(first["verdict"] == "red");
    CHECK_FALSE(first["failures"][0]["messages"].empty());
    CHECK(first["failures"][0]["file"] == "tests/00_warm_up.cpp");
    CHECK(has(course.learn({"test", "00"}).output, first["failures"][0]["expression"]));
    CHECK(round_of(*red)["tests"].size() == 2);
    CHECK(round_of(*red)["green"] == 1);
    CHECK(red->at("lessons")[0]["done"] == false);

    const json timeline = tutor.ask("timeline", {{"test", first["name"]}});
    CHECK(timeline["name"] == first["name"]);
    CHECK_FALSE(timeline["events"].empty());
    CHECK_FALSE(timeline["threads"].empty());

    // The same test on the solution, for what it does otherwise.
    CHECK(tutor.ask("compare", {{"test", first["name"]}}) == json::object());
    REQUIRE(
        tutor.await([](const json& state) { return state.at("compared")["state"] == "there"; }));
    const json solutions = tutor.ask("timeline", {{"solution", true}});
    CHECK(solutions["name"] == first["name"]);
    CHECK(solutions["messages"].empty());
    CHECK_FALSE(solutions["events"].empty());

    course.write(course.solution());
    const auto green = tutor.await(ends("green"));
    REQUIRE(green);
    CHECK(round_of(*green)["after_save"] == true);
    CHECK(green->at("lessons")[0]["done"] == true);
    CHECK(green->at("watched")["next"] == "01_second_day");
    CHECK(course.state_of(0) == "done");
}

TEST_CASE("A page is told the first error in the learner's file, as text whatever it says") {
    const MiniCourse course;
    bring_page_files(course.root());
    course.write(
        with_line("static_assert(false, \"<script>alert(1)</script>\");", course.starter()));
    WebTutor tutor(course.root());
    const auto state = tutor.await(ends("not built"));
    REQUIRE(state);
    const std::string said = round_of(*state)["build"];
    CHECK(has(said, "lessons/00_warm_up/shop.cpp:1"));
    CHECK(has(said, "<script>alert(1)</script>"));
    CHECK(round_of(*state)["built"] == false);
    const auto raw = tutor.get("/00_warm_up.html");
    CHECK_FALSE(has(raw->body, "alert(1)"));
}

TEST_CASE("A page that comes later, or again, is told what is so by then") {
    const MiniCourse course;
    bring_page_files(course.root());
    course.write(course.solution());
    std::string key;
    {
        WebTutor tutor(course.root());
        CHECK(tutor.await(ends("green")));
        CHECK(tutor.await(ends("green")));  // another page, at once
        key = tutor.cookie().substr(tutor.cookie().find('='));
        tutor.send(SIGINT);
        CHECK(tutor.end() == 0);
    }
    course.write(course.starter());
    const WebTutor again(course.root());
    CHECK(again.cookie().ends_with(key));  // so that a page's cookie is still good
    CHECK(again.await(ends("red")));
}

TEST_CASE("Another lesson is watched when a page of it asks for that") {
    const MiniCourse course;
    bring_page_files(course.root());
    const WebTutor tutor(course.root());
    REQUIRE(tutor.await(ends("red")));
    tutor.ask("watch", {{"lesson", "01_second_day"}});
    const auto state =
        tutor.await([](const json& each) { return each.at("watched")["stem"] == "01_second_day"; });
    CHECK(state);
}

TEST_CASE("A page is told a lesson's stages, as the terminal is") {
    const MiniCourse course;
    const StagedLesson lesson(course);
    bring_page_files(course.root());
    const WebTutor tutor(course.root());
    tutor.ask("watch", {{"lesson", "01_second_day"}});
    const auto stands_at = [&](const std::string& standing) {
        return tutor.await([&](const json& state) {
            return round_of(state)["over"] == true && round_of(state)["standing"] == standing;
        });
    };
    const auto first = stands_at("stage 1 of 2: 0 of 1 green");
    REQUIRE(first);
    CHECK(round_of(*first)["stages"] == json::parse(R"([
        {"stage": 1, "title": "The kettle", "green": 0, "tests": 1},
        {"stage": 2, "title": "The samovar", "green": 0, "tests": 1}])"));
    CHECK(round_of(*first)["folded"] == "Stage 2: 1 more red test");
    CHECK(round_of(*first)["red"]["name"] == "The kettle is a kettle");
    const json& tests = round_of(*first)["tests"];
    REQUIRE(tests.size() == 3);
    for (const json& test : tests) {
        const bool later = test["name"] == "The samovar is a samovar";
        CHECK(test["folded"] == later);
        CHECK(test["stage"] == (later ? 2 : test["pitfall"] == true ? 1 : 0));
    }
    CHECK(first->at("lessons")[1]["state"] == "stage 1 of 2");
    CHECK(first->at("lessons")[1]["stage"] == 1);
    CHECK(first->at("lessons")[1]["stages"] == 2);
    CHECK(first->at("lessons")[0]["stages"] == 0);

    lesson.write(lesson.shop_with("wanted < 3 ? wanted : 1"));
    const auto second = stands_at("stage 2 of 2: 0 of 1 green");
    REQUIRE(second);
    CHECK(round_of(*second)["folded"] == "");
    CHECK(round_of(*second)["red"]["name"] == "The samovar is a samovar");
    CHECK(second->at("lessons")[1]["state"] == "stage 2 of 2");
    CHECK(has(course.learn({"list"}).output, "stage 2 of 2"));
}

namespace {

auto stage_is(const std::string& wanted) {
    return [wanted](const json& state) { return state.at("stage")["state"] == wanted; };
}

// The command that was sent last has come to its end in each shop, and printed this there.
auto all_print(std::size_t count, const std::vector<std::string>& outputs) {
    return [count, outputs](const json& state) {
        const json& shops = state.at("stage")["shops"];
        if (shops.size() != outputs.size()) return false;
        for (std::size_t i = 0; i < outputs.size(); ++i) {
            const json& own = shops[i]["outputs"];
            if (own.size() != count || own.back()["over"] == false) return false;
            if (!has(own.back()["text"], outputs[i])) return false;
        }
        return true;
    };
}

void write_see_it(const MiniCourse& course, const std::string& commands) {
    put(course.root() / "book/00_warm_up.md",
        "# 00 · Warm-up\n\n## See it\n\n<!-- server -->\n```console\n$ ./learn run 00 --workers 4\n```\n"
        "<!-- end -->\n\n<!-- shell -->\n```console\n" +
            commands + "```\n<!-- end -->\n");
}

}  // namespace

TEST_CASE("From a page the chapter's own shop and commands are started, and nothing else") {
    const MiniCourse course;
    bring_page_files(course.root());
    write_see_it(course,
                 "$ echo one; echo '<b>two</b>' >&2\n$ curl -s localhost:8080/items/1\n"
                 "$ : Ctrl-C in the shop's own terminal\n");
    WebTutor tutor(course.root());
    REQUIRE(tutor.await(ends("red")));
    const json mine = {{"lesson", "00_warm_up"}, {"block", 0}, {"whose", "mine"}};
    const auto mine_but = [&](const char* name, const json& value) {
        json request = mine;
        request[name] = value;
        return request;
    };
    CHECK(tutor.ask("run", {{"block", 0}, {"command", 0}})["status"] == 422);  // it is not open yet
    for (const auto& request : {mine_but("block", 1), mine_but("block", -1),
                                mine_but("whose", "everybody"), mine_but("whose", nullptr)})
        CHECK(tutor.ask("open", request)["status"] == 422);
    CHECK(tutor.ask("open", mine) == json::object());
    REQUIRE(tutor.await(stage_is("open")));

    for (const json& place :
         {json{{"block", 0}, {"command", 3}}, json{{"block", 1}, {"command", 0}},
          json{{"block", 0}, {"command", "echo one"}}, json{{"block", 0}}})
        CHECK(tutor.ask("run", place)["status"] == 422);
    CHECK(tutor.ask("run", {{"block", 0}, {"command", 0}}) == json::object());
    CHECK(tutor.await(all_print(1, {"one\n<b>two</b>\n"})));
    CHECK(tutor.ask("run", {{"block", 0}, {"command", 1}}) == json::object());
    CHECK(tutor.await(all_print(2, {"\"Teapot\""})));
    CHECK(tutor.ask("run", {{"block", 0}, {"command", 2}}) == json::object());
    const auto closed = tutor.await(stage_is("closed"));
    REQUIRE(closed);
    CHECK(closed->at("stage")["shops"][0]["note"] == "The shop has closed (exit status 0).");
}

TEST_CASE("A shop that cannot be built says where the reason is") {
    const MiniCourse course;
    bring_page_files(course.root());
    write_see_it(course, "$ true\n");
    course.write("#error no\n");
    const WebTutor tutor(course.root());
    REQUIRE(tutor.await(ends("not built")));
    const auto says = [&](const std::string& words) {
        tutor.ask("open", {{"lesson", "00_warm_up"}, {"block", 0}, {"whose", "mine"}});
        return tutor.await(
            [&](const json& state) { return has(state.at("stage")["note"], words); });
    };
    CHECK(says("The shop could not be built: see the verdict."));
    const fs::path missing = course.root() / "build/lessons/missing/00_warm_up";  // as CMake has it
    put(missing, "PostgreSQL\n");
    CHECK(says("needs something that is not installed: the verdict says what"));
    fs::remove(missing);
}

TEST_CASE("The learner's shop and the solution's stand beside each other, and are told the same") {
    const MiniCourse course;
    bring_page_files(course.root());
    write_see_it(course, "$ curl -s localhost:8080/items/2\n");
    WebTutor tutor(course.root());
    REQUIRE(tutor.await(ends("red")));
    tutor.ask("open", {{"lesson", "00_warm_up"}, {"block", 0}, {"whose", "both"}});
    const auto open = tutor.await(stage_is("open"));
    REQUIRE(open);
    CHECK(open->at("stage")["shops"][0]["whose"] == "mine");
    CHECK(open->at("stage")["shops"][1]["whose"] == "solution");
    tutor.ask("run", {{"block", 0}, {"command", 0}});
    CHECK(tutor.await(all_print(1, {"\"Teapot\"", "\"Kettle\""})));

    CHECK(tutor.ask("send", {{"method", "GET"}, {"path", "/items/2"}, {"times", 3}}) ==
          json::object());
    const auto answered = tutor.await([](const json& state) {
        const json& sent = state.at("stage")["sent"];
        if (sent.size() != 1) return false;
        for (const json& of_shop : sent[0]["replies"]) {
            for (const json& reply : of_shop)
                if (reply.is_null()) return false;
        }
        return true;
    });
    REQUIRE(answered);
    const json& replies = answered->at("stage")["sent"][0]["replies"];
    REQUIRE(replies.size() == 2);
    CHECK(replies[0].size() == 3);
    CHECK(has(replies[0][2]["text"], "Teapot"));
    CHECK(has(replies[1][2]["text"], "Kettle"));

    // kill -9, and once more.
    CHECK(tutor.ask("kill", json::object()) == json::object());
    const auto killed = tutor.await(stage_is("closed"));
    REQUIRE(killed);
    CHECK(killed->at("stage")["shops"][1]["note"] == "The shop was ended by signal 9.");
    CHECK(tutor.ask("send", {{"method", "GET"}, {"path", "/items/2"}})["status"] == 422);
    CHECK(tutor.ask("again", json::object()) == json::object());
    CHECK(tutor.await(stage_is("open")));
}

TEST_CASE("The lesson as it was handed out stands beside what has become of it") {
    const MiniCourse course;
    bring_page_files(course.root());
    write_see_it(course, "$ curl -s localhost:8080/items/2\n");
    course.record();
    const WebTutor tutor(course.root());
    REQUIRE(tutor.await(ends("red")));
    course.write(course.solution());
    REQUIRE(tutor.await(ends("green")));
    const auto open = [&](const char* whose) {
        tutor.ask("open", {{"lesson", "00_warm_up"}, {"block", 0}, {"whose", whose}});
    };
    open("all");
    const auto opened = tutor.await(stage_is("open"));
    REQUIRE(opened);
    CHECK(opened->at("stage")["whose"] == "all");
    CHECK(opened->at("stage")["shops"][0]["whose"] == "starter");
    tutor.ask("run", {{"block", 0}, {"command", 0}});
    CHECK(tutor.await(all_print(1, {"\"Teapot\"", "\"Kettle\"", "\"Kettle\""})));

    // Nobody has it any more.
    fs::remove_all(course.root() / ".learn/starters");
    open("starter");
    CHECK(tutor.await([](const json& state) {
        return has(state.at("stage")["note"],
                   "The original of lessons/00_warm_up/shop.cpp is gone");
    }));
}

TEST_CASE("However ./learn web ends, its shops end with it and leave no files") {
    const MiniCourse course;
    bring_page_files(course.root());
    write_see_it(course, "$ true\n");
    for (const int signal : {SIGKILL, SIGINT}) {
        INFO("signal " << signal);
        const tools::TemporaryFolder files;
        ::setenv("TMPDIR", files.path().c_str(), 1);
        WebTutor tutor(course.root());
        ::unsetenv("TMPDIR");
        REQUIRE(tutor.await(ends("red")));
        tutor.ask("open", {{"lesson", "00_warm_up"}, {"block", 0}, {"whose", "both"}});
        const auto open = tutor.await(stage_is("open"));
        REQUIRE(open);
        const std::string said = open->at("stage")["shops"][0]["said"];
        CHECK(has(said, "http://127.0.0.1:8080"));  // as the chapter has it
        CHECK_FALSE(fs::is_empty(files.path()));
        tutor.send(signal);
        CHECK(tutor.end() == (signal == SIGINT ? 0 : 128 + signal));
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::minutes(1);
        while (!fs::is_empty(files.path()) && std::chrono::steady_clock::now() < deadline)
            ::poll(nullptr, 0, 5);
        std::string left;
        for (const auto& entry : fs::recursive_directory_iterator(files.path()))
            left += entry.path().string() + "\n";
        CHECK(left == "");
    }
}

// A lesson whose test waits for ever, with a fifo open that tells of it.
class HeldTest {
 public:
    explicit HeldTest(const MiniCourse& course) : fifo_(course.root() / "held_by_web.fifo") {
        fs::remove(fifo_);
        REQUIRE(::mkfifo(fifo_.c_str(), 0600) == 0);
        course.write(
            "#include <fcntl.h>\n" +
            course.starter_with("static_cast<void>(::open(\"" + fifo_.string() +
                                "\", O_WRONLY)); for (volatile int i = 0;; i = i + 1) continue;"));
    }
    HeldTest(const HeldTest&) = delete;
    HeldTest& operator=(const HeldTest&) = delete;
    ~HeldTest() {
        if (descriptor_ >= 0) ::close(descriptor_);
        fs::remove(fifo_);
    }
    void await_begin() { descriptor_ = ::open(fifo_.c_str(), O_RDONLY); }
    // Until nobody has it open.
    bool ends() const {
        char byte = 0;
        return ::read(descriptor_, &byte, 1) == 0;
    }

 private:
    fs::path fifo_;
    int descriptor_ = -1;
};

TEST_CASE("However ./learn web ends, nothing that it has started is left") {
    const MiniCourse course;
    bring_page_files(course.root());
    for (const int signal : {SIGKILL, SIGINT, SIGHUP}) {
        INFO("signal " << signal);
        HeldTest test(course);
        WebTutor tutor(course.root());
        test.await_begin();
        tutor.send(signal);
        CHECK(tutor.end() == (signal == SIGINT ? 0 : 128 + signal));
        CHECK(test.ends());
    }
}
