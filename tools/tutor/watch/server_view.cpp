#include "tutor/watch/server_view.hpp"

#include <fmt/format.h>

#include <exception>
#include <utility>

#include "tutor/build_report.hpp"
#include "tutor/watch/keys.hpp"
#include "tutor/watch/port.hpp"
#include "tutor/watch/run_round.hpp"

namespace tutor {
namespace {

constexpr auto closing_takes = std::chrono::seconds(5);
constexpr auto longest_look = std::chrono::milliseconds(20);  // at a shop that floods us

}  // namespace

void ServerView::start() {
    state().job.reset();
    title_ = fmt::format("Building the shop of {} ...", name_of(*state().lesson));
    text_.clear();
    over_ = false;
    closing_since_.reset();
    switch_to(state(), ViewName::server);
    state().job.emplace(state().wakeup,
                        [this, lesson = state().lesson](Job& job) { build(job, *lesson); });
}

void ServerView::build(Job& job, const tools::Lesson& lesson) try {
    Build build = run_build(state().context, lesson, Part::server, hooks_of(state(), job));
    if (!build.cancelled()) job.post([this, build = std::move(build)] { open(build); });
} catch (const std::exception& error) {
    job.post([this, why = std::string(error.what())] { end(why); });
}

void ServerView::open(const Build& build) try {
    if (!build.ok()) {
        end("It could not be built.");
        text_ = capture(state(), [&] { show_build(state().context, build); });
        return;
    }
    tools::Command command;
    command.words = {executable_of(state().context, *state().lesson, Part::server).string()};
    command.folder = state().context.root;
    command.most_output = 50'000;  // it is laid out anew each time that there is more of it
    // Its database is there, and goes with it, however it ends.
    files_.emplace();
    command.environment = {{"TMPDIR", files_->path().string()}};
    command.temporary = files_->path();
    server_.emplace(command);
    title_ = fmt::format("The shop of {}", name_of(*state().lesson));
} catch (const std::exception& error) {
    end(error.what());
}

void ServerView::end(std::string title) {
    over_ = true;
    title_ = std::move(title);
    state().stale = true;
}

void ServerView::drop_server() {
    server_.reset();
    files_.reset();
}

void ServerView::close() {
    state().job.reset();
    drop_server();
}

void ServerView::look() {
    const Clock::time_point enough = Clock::now() + longest_look;
    const std::size_t before = server_->printed();
    while (Clock::now() < enough && server_->read_more(Clock::now())) continue;
    const bool ended = server_->await_end(Clock::now());
    if (server_->printed() != before || ended) {
        text_ = server_->output();
        state().stale = true;
    }
    if (!ended) return;
    const tools::Outcome& outcome = server_->end();
    end(outcome.signal != 0
            ? fmt::format("The shop was ended by signal {}", outcome.signal)
            : fmt::format("The shop has closed (exit status {})", outcome.exit_status));
    if (const int port = port_it_cannot_have(text_)) text_ += "\n" + word_about_port(port);
    drop_server();
}

// Here there is no flag to give, as the shop would have it.
std::string ServerView::word_about_port(int port) const {
    std::string who = who_listens_at(port);
    who = who.empty() ? "Another program, most likely another ./learn," : "It is " + who + " that";
    return wrapped(
        fmt::format("{} has port {}. Close that one, and r opens this shop; or open this one "
                    "elsewhere, in another terminal: ./learn run {} --port {}.",
                    who, port, state().lesson->number, port + 1));
}

std::string ServerView::title() const {
    if (over_ || !closing_since_) return state().screen.strong(title_);
    const bool slow = Clock::now() - *closing_since_ > closing_takes;
    return state().screen.strong(title_ +
                                 (slow ? " does not close: q again ends it" : " closes ..."));
}

std::vector<std::string> ServerView::body() {
    return fitted(text_);
}

std::vector<std::string> ServerView::keys() const {
    std::vector<std::string> keys;
    if (over_) keys.push_back(key_line("r", "opens it again"));
    keys.push_back(key_line("q", over_ ? "back" : server_ ? "closes the shop" : "stops the build"));
    return keys;
}

AfterKey ServerView::press(int key) {
    const bool closes = key == 'q' || key == key_escape || key == key_interrupt || key == 'r';
    if (!server_) {
        // It is not built yet, could not be opened, or has closed.
        if (over_ && key == 'r') {
            start();
            return AfterKey::stay;
        }
        return over_ || closes ? AfterKey::back : AfterKey::stay;
    }
    if (closes && closing_since_) {
        server_->kill();
    } else if (closes) {
        server_->terminate();
        closing_since_ = Clock::now();
    }
    return AfterKey::stay;
}

std::size_t ServerView::top(std::size_t /*height*/, std::size_t last) const {
    return last;
}

}  // namespace tutor
