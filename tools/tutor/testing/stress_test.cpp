// Saves at random moments, by the hundred: each verdict is compared with the bytes that are there
// when it is given. By hand, for it takes long: see tools/README.md.
#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <future>
#include <random>
#include <string>

#include "support/catch.hpp"
#include "text/text.hpp"
#include "tutor/testing/mini_course.hpp"
#include "tutor/testing/terminal.hpp"

namespace fs = std::filesystem;

namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

int wanted_saves() {
    const char* text = std::getenv("LEAKLINGS_SAVES");
    return text == nullptr ? 1000 : std::atoi(text);
}

unsigned seed() {
    const char* text = std::getenv("LEAKLINGS_SEED");
    return text == nullptr ? std::random_device()() : static_cast<unsigned>(std::atoi(text));
}

void pass(milliseconds time) {
    std::promise<void>().get_future().wait_for(time);
}

// Somebody who saves a right answer, a wrong one or a broken one,
// in any of the ways in which files are saved.
class Saver {
 public:
    Saver(const MiniCourse& course, unsigned seed)
        : file_(course.root() / MiniCourse::file),
          texts_{course.solution(), course.starter(), "#error broken\n" + course.starter()},
          random_(seed) {
        save();
    }

    void save() {
        const std::size_t next = below(3);
        const std::size_t way = below(4);
        if (way == 3) {  // there and back
            const auto written = fs::last_write_time(file_);
            write(texts_[next]);
            write(texts_[now_]);
            fs::last_write_time(file_, written);
        } else if (way == 2) {
            const fs::path backup = file_.string() + "~";
            tools::write_file(backup, texts_[next]);
            fs::last_write_time(backup,
                                fs::file_time_type::clock::now() - std::chrono::hours(1000));
            fs::rename(backup, file_);
            now_ = next;
        } else {
            write(texts_[next]);
            if (way == 1) {
                fs::last_write_time(file_,
                                    fs::file_time_type::clock::now() - std::chrono::hours(1));
            }
            now_ = next;
        }
        ++saves_;
        last_ = Clock::now();
    }

    std::size_t below(std::size_t end) {
        return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
    }
    milliseconds a_while(std::size_t most) { return milliseconds(static_cast<long>(below(most))); }

    int saves() const { return saves_; }
    Clock::time_point last() const { return last_; }
    int status() const { return now_ == 0 ? 0 : now_ == 1 ? 1 : 3; }
    const char* verdict() const {
        return now_ == 0   ? "GREEN  00, Warm-up: 2 of 2 green"
               : now_ == 1 ? "RED  00, Warm-up: 1 of 2 green"
                           : "NOT BUILT  00, Warm-up";
    }

 private:
    void write(const std::string& text) const { tools::write_file(file_, text); }

    fs::path file_;
    std::array<std::string, 3> texts_;
    std::mt19937 random_;
    std::size_t now_ = 0;
    int saves_ = 0;
    Clock::time_point last_;
};

}  // namespace

TEST_CASE("Of saves at random moments ./learn test judges the last", "[.stress]") {
    const MiniCourse course;
    const unsigned number = seed();
    CAPTURE(number);
    Saver saver(course, number);
    int verdicts = 0;
    int withheld = 0;
    int after_it = 0;
    while (saver.saves() < wanted_saves()) {
        auto run = std::async(std::launch::async, [&] { return course.learn({"test", "00"}); });
        for (std::size_t saves = saver.below(6); saves > 0; --saves) {
            if (run.wait_for(saver.a_while(2500)) == std::future_status::ready) break;
            saver.save();
        }
        run.wait();
        tools::Outcome outcome = run.get();
        const auto age = std::chrono::duration_cast<milliseconds>(Clock::now() - saver.last());
        CAPTURE(age.count());
        // One that came as the verdict was printed is for the next.
        if (outcome.exit_status != saver.status() && age < std::chrono::seconds(2)) {
            WARN("after a verdict, " << age.count() << " ms before the end");
            ++after_it;
            outcome = course.learn({"test", "00"});
        }
        if (outcome.exit_status == 2) {
            ++withheld;
            continue;
        }
        ++verdicts;
        INFO(outcome.output);
        REQUIRE(outcome.exit_status == saver.status());
    }
    WARN(saver.saves() << " saves, " << verdicts << " verdicts, all of the bytes on the disk; "
                       << after_it << " saves came as a verdict was printed, " << withheld
                       << " verdicts were withheld");
}

TEST_CASE("Of saves at random moments the watch judges the last", "[.stress]") {
    const MiniCourse course;
    const unsigned number = seed();
    CAPTURE(number);
    Saver saver(course, number);
    int verdicts = 0;
    while (saver.saves() < wanted_saves()) {
        tools::Command command = course.command({"watch", "00"});
        command.environment = {{"TERM", "xterm"}, {"NO_COLOR", "1"}, {"LC_ALL", "C.UTF-8"}};
        command.limit = std::chrono::minutes(5);
        Terminal terminal(command);
        for (int round = 0; round < 10; ++round) {
            for (std::size_t saves = 1 + saver.below(5); saves > 0; --saves) {
                pass(saver.a_while(1500));
                saver.save();
            }
            pass(milliseconds(300));  // in which what was shown before makes way
            INFO(terminal.screen().text());
            REQUIRE(terminal.shows(saver.verdict()));
            ++verdicts;
        }
        terminal.type("q");
        terminal.end();
    }
    WARN(saver.saves() << " saves, " << verdicts << " verdicts, all of the bytes on the disk");
}
