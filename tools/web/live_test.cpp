// What a page is told at each save, in a small course that is really built.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>

#include "support/catch.hpp"
#include "tutor/testing/files.hpp"
#include "tutor/testing/mini_course.hpp"
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
