// The learner's desk: the loop that looks at what is saved, builds and tests it, and is the only
// one that touches the progress. The server's workers ask it for what they want done.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <future>
#include <memory>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "tutor/context.hpp"
#include "tutor/watch/signals.hpp"
#include "tutor/watch/watched.hpp"
#include "web/comparison.hpp"
#include "web/json.hpp"
#include "web/stage.hpp"
#include "web/streams.hpp"

namespace web {

class Desk {
 public:
    // `context` and `streams` must live longer; the context's screen is the desk's until then.
    Desk(tutor::Context& context, Streams& streams);
    Desk(const Desk&) = delete;
    Desk& operator=(const Desk&) = delete;
    ~Desk();

    // The loop. Watches that lesson at first, until a signal ends it; returns the signal.
    int run(tutor::Signals& signals, const tools::Lesson& lesson);

    // From any other thread: has `what` done in the loop, and waits for it. Throws what it throws,
    // and std::runtime_error when the loop has come to its end.
    Json ask(std::function<Json(Desk&)> what);

    // In the loop, so to be called by what was asked for. They throw tutor::WrongUse, with words
    // for the learner.
    const tools::Lesson& lesson_called(const std::string& stem) const;
    void watch(const tools::Lesson& lesson);
    void test_again();
    Json count_hint(const tools::Lesson& lesson, int number);
    // For each question of its chapter, in order, the letter that was chosen last; null: none yet.
    Json quiz(const tools::Lesson& lesson);
    // The question is counted from 0.
    Json answer(const tools::Lesson& lesson, std::size_t question, const std::string& letter);
    Json reset(const tools::Lesson& lesson);
    void skip(const tools::Lesson& lesson, bool back);
    std::string difference(const tools::Lesson& lesson) const;
    // The data of the timeline of one of the watched lesson's tests.
    Json timeline_of(const std::string& test) const;
    // Has the solution run that test of the watched lesson's.
    void compare(const std::string& test);
    Json timeline_of_solution() const { return comparison_.timeline(); }
    Stage& stage() { return stage_; }

 private:
    struct Question {
        std::function<Json(Desk&)> what;
        std::promise<Json> answer;
    };

    void end_all();
    void wait(tutor::Signals& signals);
    void answer_questions();
    void refuse_questions();
    void look_at_files();
    void publish();

    tutor::Context& context_;
    const tutor::Screen screen_before_;
    std::string captured_;
    Streams& streams_;
    tutor::Watched watched_;
    Stage stage_{context_, watched_.wakeup};
    Comparison comparison_{context_, watched_.wakeup};
    std::string started_;     // which start of the tutor this is
    std::int64_t began_ = 0;  // when the round did, in milliseconds, as pages count them
    bool news_ = true;

    std::mutex mutex_;
    std::vector<std::unique_ptr<Question>> questions_;  // under the mutex
    bool over_ = false;                                 // under the mutex
};

}  // namespace web
