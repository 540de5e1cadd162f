#include "web/desk.hpp"

#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <csignal>
#include <exception>
#include <optional>
#include <stdexcept>
#include <utility>

#include "tutor/commands/diff.hpp"
#include "tutor/commands/reset.hpp"
#include "tutor/commands/skip.hpp"
#include "tutor/exit_status.hpp"
#include "tutor/known_mistakes.hpp"
#include "tutor/quiz.hpp"
#include "tutor/watch/run_round.hpp"
#include "web/state_json.hpp"

namespace web {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto while_it_works = milliseconds(100);
// So soon a page shows what another ./learn has written into the progress.
constexpr auto at_rest = std::chrono::seconds(1);

std::int64_t by_the_clock_of_pages(Clock::time_point time) {
    const auto ago = std::chrono::duration_cast<milliseconds>(Clock::now() - time);
    const auto now = std::chrono::duration_cast<milliseconds>(
        std::chrono::system_clock::now().time_since_epoch());
    return (now - ago).count();
}

std::runtime_error at_the_end() {
    return std::runtime_error("The tutor is ending.");
}

}  // namespace

Desk::Desk(tutor::Context& context, Streams& streams)
    : context_(context),
      screen_before_(context.screen),
      streams_(streams),
      watched_(context),
      started_(fmt::format("{}", std::chrono::system_clock::now().time_since_epoch().count())) {
    context_.screen = tutor::Screen::plain().into(captured_);
    watched_.changed = [this] { news_ = true; };
    watched_.began = [this] { began_ = by_the_clock_of_pages(watched_.round.began); };
}

Desk::~Desk() {
    end_all();
    context_.screen = screen_before_;
}

int Desk::run(tutor::Signals& signals, const tools::Lesson& lesson) {
    watch(lesson);
    for (;;) {
        publish();
        wait(signals);
        for (const int signal : signals.take()) {
            if (tutor::Signals::ends_us(signal)) {
                end_all();
                return signal;
            }
            if (signal == SIGTSTP) signals.stop_this_process();
        }
        watched_.wakeup.clear();
        if (watched_.job) {
            if (!watched_.job->deliver()) watched_.job.reset();
            news_ = true;
        }
        if (stage_.look()) news_ = true;
        if (comparison_.look()) news_ = true;
        answer_questions();
        look_at_files();
    }
}

void Desk::end_all() {
    stage_.end();
    comparison_.end();
    watched_.job.reset();
    refuse_questions();
}

void Desk::wait(tutor::Signals& signals) {
    constexpr short in = POLLIN;
    std::array<pollfd, 3> wanted = {{{signals.descriptor(), in, 0},
                                     {watched_.wakeup.descriptor(), in, 0},
                                     {watched_.changes->descriptor(), in, 0}}};
    const Clock::time_point rest =
        Clock::now() + (watched_.job || stage_.is_busy() || comparison_.is_busy()
                            ? milliseconds(while_it_works)
                            : milliseconds(at_rest));
    const auto until = std::min<Clock::time_point>(watched_.changes->due(), rest);
    const auto left = std::chrono::ceil<milliseconds>(until - Clock::now()).count();
    const int ready =
        ::poll(wanted.data(), wanted.size(), static_cast<int>(std::max<long>(left, 0)));
    if (ready == 0 && streams_.count() > 0) news_ = true;
}

void Desk::look_at_files() {
    const bool was_there = watched_.changes->folder_is_there();
    const auto saved = watched_.changes->look();
    if (watched_.changes->folder_is_there() != was_there) news_ = true;
    if (!saved || !watched_.changes->folder_is_there()) return;
    if (stage_.is_busy()) stage_.end("The shop was closed, because you saved.");
    tutor::start_round(watched_, *saved, true);
}

void Desk::publish() {
    if (!std::exchange(news_, false)) return;
    streams_.publish(written({{"started", started_},
                              {"lessons", json_of_course(context_)},
                              {"watched", json_of_watched(watched_, began_, captured_)},
                              {"compared", comparison_.to_json()},
                              {"stage", stage_.to_json()}}));
}

Json Desk::ask(std::function<Json(Desk&)> what) {
    std::future<Json> answer;
    {
        const std::lock_guard lock(mutex_);
        if (over_) throw at_the_end();
        questions_.push_back(std::make_unique<Question>());
        questions_.back()->what = std::move(what);
        answer = questions_.back()->answer.get_future();
    }
    watched_.wakeup.wake();
    return answer.get();
}

void Desk::answer_questions() {
    std::vector<std::unique_ptr<Question>> questions;
    {
        const std::lock_guard lock(mutex_);
        questions.swap(questions_);
    }
    for (const auto& question : questions) {
        try {
            Json answer = question->what(*this);
            news_ = true;
            publish();  // before the answer, so that a page that has it has the state, too
            question->answer.set_value(std::move(answer));
        } catch (...) {
            question->answer.set_exception(std::current_exception());
        }
    }
}

void Desk::refuse_questions() {
    const std::lock_guard lock(mutex_);
    over_ = true;
    for (const auto& question : questions_)
        question->answer.set_exception(std::make_exception_ptr(at_the_end()));
    questions_.clear();
}

const tools::Lesson& Desk::lesson_called(const std::string& stem) const {
    for (const tools::Lesson& lesson : context_.lessons) {
        if (lesson.stem == stem) return lesson;
    }
    throw tutor::WrongUse("There is no such lesson.");
}

void Desk::watch(const tools::Lesson& lesson) {
    if (watched_.lesson == &lesson) return;
    stage_.end();
    comparison_.end();
    tutor::watch_lesson(watched_, lesson);
}

void Desk::test_again() {
    // One that has not come to its end says the same.
    if (watched_.round.is_over()) tutor::start_round(watched_, Clock::now(), false);
}

Json Desk::count_hint(const tools::Lesson& lesson, int number) {
    if (number > context_.progress.hints_shown(lesson.stem))
        context_.progress.set_hints_shown(lesson.stem, number);
    return {{"mistake", tutor::likely_mistake(context_, lesson)}};
}

Json Desk::quiz(const tools::Lesson& lesson) {
    Json answers = Json::array();
    for (const tutor::QuizQuestion& each : tutor::quiz_of(context_, lesson))
        answers.push_back(each.answer ? Json(std::string(1, *each.answer)) : Json());
    return {{"answers", std::move(answers)}};
}

Json Desk::answer(const tools::Lesson& lesson, std::size_t question, const std::string& letter) {
    tutor::Quiz quiz = tutor::quiz_of(context_, lesson);
    if (question >= quiz.size()) throw tutor::WrongUse("The chapter has no such question.");
    tutor::QuizQuestion& asked = quiz[question];
    const auto& choices = asked.question.choices;
    const auto is_meant = [&](const tools::Choice& choice) {
        return letter == std::string(1, choice.letter);
    };
    if (std::none_of(choices.begin(), choices.end(), is_meant))
        throw tutor::WrongUse("The question has no such answer.");
    tutor::answer(context_, lesson, asked, letter.front());
    return {{"right", asked.is_right()}};
}

Json Desk::reset(const tools::Lesson& lesson) {
    const std::string backup = tutor::reset_lesson(context_, lesson).string();
    if (watched_.lesson == &lesson) watched_.said = tutor::Round();
    return {{"backup", backup}};
}

void Desk::skip(const tools::Lesson& lesson, bool back) {
    tutor::skip_lesson(context_, lesson, back);
}

std::string Desk::difference(const tools::Lesson& lesson) const {
    return tutor::difference(context_, lesson);
}

Json Desk::timeline_of(const std::string& test) const {
    for (const auto* round : {&watched_.round, &watched_.said}) {
        if (round->lesson != watched_.lesson) continue;
        for (const auto* results : {&round->results, &round->early}) {
            for (const tools::TestResult& result : *results) {
                if (result.test.name != test || result.page.empty()) continue;
                return timeline_in_page(result.page);
            }
        }
    }
    throw tutor::WrongUse("This test has left no timeline.");
}

void Desk::compare(const std::string& test) {
    for (const auto* round : {&watched_.round, &watched_.said}) {
        if (round->lesson != watched_.lesson) continue;
        for (const tools::Test& each : round->tests) {
            if (each.name == test) return comparison_.begin(*watched_.lesson, each);
        }
    }
    throw tutor::WrongUse("The lesson has no such test.");
}

}  // namespace web
