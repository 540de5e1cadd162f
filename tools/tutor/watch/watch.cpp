#include "tutor/watch/watch.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <utility>

#include "tutor/watch/check_all_view.hpp"
#include "tutor/watch/display.hpp"
#include "tutor/watch/keys.hpp"
#include "tutor/watch/lesson_view.hpp"
#include "tutor/watch/list_view.hpp"
#include "tutor/watch/run_round.hpp"
#include "tutor/watch/server_view.hpp"
#include "tutor/watch/signals.hpp"
#include "tutor/watch/state.hpp"
#include "tutor/watch/text_view.hpp"

namespace tutor {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto tick = milliseconds(100);  // seconds are counted on the screen while something runs
constexpr auto after_escape = milliseconds(50);  // in which the rest of a longer key comes

// The loop: waits for keys, signals, saves and what a job has to say, hands them to whom they
// concern, and draws the view.
class Watch {
 public:
    Watch(Context& context, const tools::Lesson& lesson, std::string_view word)
        : signals_(&RawTerminal::rescue),
          state_(context),
          display_(state_),
          warnings_([this](std::string_view warning) { state_.note = warning; }) {
        context.screen = state_.screen.into(state_.captured);
        open_lesson(state_, lesson);
        state_.note = word;
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() {
        end_what_runs();
        state_.context.screen = state_.screen;
    }

    int run() {
        while (!state_.status) {
            display_.draw(view());
            wait();
        }
        end_what_runs();
        display_.give_back();
        if (*state_.status != 128 + SIGHUP) say_goodbye();
        return *state_.status;
    }

 private:
    // ---------------------------------------------------------------- waiting

    void wait() {
        constexpr short in = POLLIN;
        std::array<pollfd, 4> wanted = {{{STDIN_FILENO, in, 0},
                                         {signals_.descriptor(), in, 0},
                                         {state_.wakeup.descriptor(), in, 0},
                                         {state_.changes->descriptor(), in, 0}}};
        const auto left = std::chrono::ceil<milliseconds>(next_look() - Clock::now()).count();
        ::poll(wanted.data(), wanted.size(), static_cast<int>(std::max<long>(left, 0)));
        for (const int signal : signals_.take()) take_signal(signal);
        if (state_.status) return;
        state_.wakeup.clear();
        if (state_.job && !state_.job->deliver()) state_.job.reset();
        if (wanted[0].revents != 0) {
            read_keys();
        } else if (keys_.unfinished() && Clock::now() >= escape_ends_) {
            for (const int key : keys_.nothing_follows()) press(key);
        }
        if (server_view_.is_open()) server_view_.look();
        look_at_files();
    }

    Clock::time_point next_look() const {
        Clock::time_point next = state_.changes->due();
        if (state_.job || server_view_.is_open()) next = std::min(next, Clock::now() + tick);
        if (keys_.unfinished()) next = std::min(next, escape_ends_);
        return next;
    }

    void take_signal(int signal) {
        if (Signals::ends_us(signal)) {
            state_.status = 128 + signal;
        } else if (signal == SIGTSTP) {
            stand_still();
        } else if (signal == SIGCONT) {
            display_.take();  // somebody has stopped us and let us go on
        } else {
            display_.refresh();  // another size
        }
    }

    // What runs is called off and begins anew afterwards: its time would have passed meanwhile.
    void stand_still() {
        if (state_.view == ViewName::check_all || state_.view == ViewName::server) close_view();
        state_.job.reset();
        display_.give_back();
        signals_.stop_this_process();
        display_.take();
        go_on_with_round();
    }

    void look_at_files() {
        const auto saved = state_.changes->look();
        if (!state_.changes->folder_is_there()) {
            if (std::exchange(gone_, true)) return;
            state_.note = fmt::format(
                "lessons/{} is gone. If the course was moved: q, and ./learn where it is now. If "
                "not, x puts the starter there.",
                state_.lesson->stem);
            return;
        }
        gone_ = false;
        if (!saved) return;
        if (server_view_.is_open())
            state_.note = "The shop was closed, because you saved; r opens it again.";
        close_view();
        start_round(state_, *saved, true);
    }

    // ---------------------------------------------------------------- keys

    void read_keys() {
        std::array<char, 1024> bytes = {};
        const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
        if (count <= 0) {
            if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
            state_.status = 128 + SIGHUP;  // the terminal is gone
            return;
        }
        const std::string_view text(bytes.data(), static_cast<std::size_t>(count));
        if (!state_.terminal) {
            // It sends a line at a time, of which the first character is the key.
            press(text.front() == '\n' ? int{key_enter} : int{text.front()});
            return;
        }
        for (const int key : keys_.add(text)) press(key);
        escape_ends_ = Clock::now() + after_escape;
    }

    void press(int key) {
        if (state_.status) return;
        state_.note.clear();
        if (key == key_suspend) return stand_still();
        if (view().scroll(key, display_.page())) return;
        const AfterKey after = view().press(key);
        if (after == AfterKey::stay) return;
        close_view();
        go_on_with_round();
        if (after == AfterKey::back_with_a_key) lesson_view_.press(key);
    }

    // ---------------------------------------------------------------- views

    View& view() {
        switch (state_.view) {
            case ViewName::text:
                return text_view_;
            case ViewName::list:
                return list_view_;
            case ViewName::server:
                return server_view_;
            case ViewName::check_all:
                return check_all_view_;
            case ViewName::lesson:
                break;
        }
        return lesson_view_;
    }

    void close_view() {
        if (state_.view == ViewName::lesson) return;
        view().close();
        switch_to(state_, ViewName::lesson);
    }

    // Anew, when it had to give way.
    void go_on_with_round() {
        if (!state_.round.is_over() && !state_.job)
            start_round(state_, Clock::now(), state_.round.after_save);
    }

    void end_what_runs() {
        state_.job.reset();
        server_view_.close();
    }

    void say_goodbye() {
        const Round& round = worth_reading(state_);
        std::string where = name_of(*state_.lesson);
        if (round.is_over() && round.build && round.build->ok())
            where = sum_of(where, round.standing());
        state_.screen.line(fmt::format("{}. ./learn goes on from there.", where));
    }

    Signals signals_;
    WatchState state_;
    Display display_;
    Keys keys_;
    Clock::time_point escape_ends_;
    bool gone_ = false;  // the lesson's folder

    TextView text_view_{state_};
    ListView list_view_{state_};
    ServerView server_view_{state_};
    CheckAllView check_all_view_{state_};
    LessonView lesson_view_{state_, {text_view_, list_view_, server_view_, check_all_view_}};

    WarningListener warnings_;
};

}  // namespace

bool can_watch() {
    return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

int watch(Context& context, const std::string& wanted, std::string_view word) {
    const bool all_done = wanted.empty() && current_lesson(context) == nullptr;
    const tools::Lesson& lesson = all_done ? context.lessons.back() : find_lesson(context, wanted);
    return Watch(context, lesson, word).run();
}

}  // namespace tutor
