#include "tutor/watch/watch.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <clocale>
#include <cstdlib>
#include <deque>
#include <functional>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "process/child.hpp"
#include "process/temporary_folder.hpp"
#include "text/wrap.hpp"
#include "tutor/build.hpp"
#include "tutor/commands/commands.hpp"
#include "tutor/commands/take.hpp"
#include "tutor/known_mistakes.hpp"
#include "tutor/test_runner.hpp"
#include "tutor/watch/changes.hpp"
#include "tutor/watch/frame.hpp"
#include "tutor/watch/job.hpp"
#include "tutor/watch/keys.hpp"
#include "tutor/watch/opener.hpp"
#include "tutor/watch/port.hpp"
#include "tutor/watch/signals.hpp"
#include "tutor/watch/terminal.hpp"
#include "tutor/watch/test_round.hpp"

namespace tutor {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

constexpr auto tick = milliseconds(100);  // seconds are counted on the screen while something runs
constexpr auto after_escape = milliseconds(50);  // in which the rest of a longer key comes
constexpr auto closing_takes = std::chrono::seconds(5);

enum class View {
    lesson,  // the verdict
    text,    // what a verb said
    list,    // of the lessons, to choose from
    server,  // the shop, as long as it is open
    check_all,
};

// What is typed and shown on a terminal that can do nothing but print lines.
class PlainPaper {
 public:
    // Prints it all, unless it is what was printed last.
    void show(const Frame& frame, bool utf8) {
        std::string text = fmt::format("{}\n\n", frame.title);
        for (const std::string& line : frame.body) text += line + "\n";
        text += "\n";
        if (!frame.note.empty()) text += frame.note + "\n";
        for (const std::string& line : lines_of_keys(frame, 90, utf8)) text += line + "\n";
        text += "Type one of these keys, and Enter. " + frame.remark + "\n";
        text = cleaned(text, utf8);
        if (text == shown_) return;
        write_out("\n" + text);
        shown_ = std::move(text);
    }
    void forget() { shown_.clear(); }

 private:
    static std::string cleaned(const std::string& text, bool utf8) {
        std::string clean;
        for (const std::string& line : tools::wrap(text, {10'000, utf8})) clean += line + "\n";
        return clean;
    }

    std::string shown_;
};

class Watch {
 public:
    Watch(Desk& desk, const tools::Lesson& lesson, std::string_view word)
        : desk_(desk),
          outer_(desk.screen),
          utf8_(desk.screen.has_utf8()),
          signals_(&RawTerminal::rescue),
          warnings_([this](std::string_view warning) { note_ = warning; }) {
        std::setlocale(LC_CTYPE, "C.UTF-8");  // for the width of characters
        if (outer_.moves()) {
            terminal_.emplace();
            painter_.emplace(*terminal_);
        }
        desk_.screen = outer_.into(captured_);
        fit_to_terminal();
        open(lesson);
        note_ = word;
    }
    Watch(const Watch&) = delete;
    Watch& operator=(const Watch&) = delete;
    ~Watch() {
        job_.reset();
        close_server();
        desk_.screen = outer_;
        fit_text_to(std::string::npos);
    }

    int run() {
        while (!status_) {
            draw();
            wait();
        }
        job_.reset();
        close_server();
        if (terminal_) terminal_->give_back();
        if (*status_ != 128 + SIGHUP) say_goodbye();
        return *status_;
    }

 private:
    // ---------------------------------------------------------------- waiting

    void wait() {
        constexpr short in = POLLIN;
        std::array<pollfd, 4> wanted = {{{STDIN_FILENO, in, 0},
                                         {signals_.descriptor(), in, 0},
                                         {bell_.descriptor(), in, 0},
                                         {changes_->descriptor(), in, 0}}};
        const auto left = std::chrono::ceil<milliseconds>(next_look() - Clock::now()).count();
        ::poll(wanted.data(), wanted.size(), static_cast<int>(std::max<long>(left, 0)));
        for (const int signal : signals_.take()) take_signal(signal);
        if (status_) return;
        bell_.stop_ringing();
        if (job_ && !job_->deliver()) job_.reset();
        if (wanted[0].revents != 0) {
            read_keys();
        } else if (keys_.unfinished() && Clock::now() >= escape_ends_) {
            for (const int key : keys_.nothing_follows()) press(key);
        }
        if (server_) look_at_server();
        look_at_files();
    }

    Clock::time_point next_look() const {
        Clock::time_point next = changes_->due();
        if (job_ || server_) next = std::min(next, Clock::now() + tick);
        if (keys_.unfinished()) next = std::min(next, escape_ends_);
        return next;
    }

    void take_signal(int signal) {
        if (Signals::ends_us(signal)) {
            status_ = 128 + signal;
        } else if (signal == SIGTSTP) {
            stand_still();
        } else if (terminal_) {
            // Another size, or somebody has stopped us and let us go on.
            if (signal == SIGCONT) terminal_->take();
            painter_->forget();
            fit_to_terminal();
        }
    }

    // What runs is called off and begins anew afterwards: its time would have passed meanwhile.
    void stand_still() {
        if (view_ == View::check_all || view_ == View::server) close_view();
        job_.reset();
        if (terminal_) terminal_->give_back();
        signals_.stop_this_process();
        if (terminal_) {
            terminal_->take();
            painter_->forget();
            fit_to_terminal();
        }
        paper_.forget();
        if (!round_.is_over()) start_round(Clock::now(), round_.after_save);
    }

    void read_keys() {
        std::array<char, 1024> bytes = {};
        const ssize_t count = ::read(STDIN_FILENO, bytes.data(), bytes.size());
        if (count <= 0) {
            if (count < 0 && (errno == EINTR || errno == EAGAIN)) return;
            status_ = 128 + SIGHUP;  // the terminal is gone
            return;
        }
        const std::string_view text(bytes.data(), static_cast<std::size_t>(count));
        if (!terminal_) {
            press_first_of(text);
            return;
        }
        for (const int key : keys_.add(text)) press(key);
        escape_ends_ = Clock::now() + after_escape;
    }

    // Without a terminal that sends each key there is one in a line.
    void press_first_of(std::string_view line) {
        if (status_) return;
        press(line.front() == '\n' ? int{key_enter} : int{line.front()});
    }

    void look_at_files() {
        const auto saved = changes_->look();
        if (!changes_->folder_is_there()) {
            if (std::exchange(gone_, true)) return;
            note_ = fmt::format(
                "lessons/{} is gone. If the course was moved: q, and ./learn where it is now. If "
                "not, x puts the starter there.",
                lesson_->stem);
            return;
        }
        gone_ = false;
        if (!saved) return;
        if (server_) note_ = "The shop was closed, because you saved; r opens it again.";
        close_view();
        start_round(*saved, true);
    }

    // ---------------------------------------------------------------- the lesson and its rounds

    void open(const tools::Lesson& lesson) {
        lesson_ = &lesson;
        changes_.emplace(desk_.root / "lessons" / lesson.stem);
        said_ = Round();
        show(View::lesson);
        start_round(Clock::now(), false);
    }

    void start_round(Clock::time_point began, bool after_save) {
        job_.reset();
        if (round_.says_something() && round_.lesson == lesson_) said_ = std::move(round_);
        round_ = Round();
        round_.lesson = lesson_;
        round_.began = began;
        round_.after_save = after_save;
        round_.doing = "building";
        stale_ = true;
        if (!terminal_) write_out(fmt::format("\n{}: building ...\n", name_of(*lesson_)));
        job_.emplace(bell_, [this, lesson = lesson_](Job& job) { work(job, *lesson); });
    }

    // In the job's thread: of this object it touches only the desk's root and lessons, which stay
    // as they are.
    void work(Job& job, const tools::Lesson& lesson) try {
        build_and_use(desk_, lesson, hooks(job), [&](const Build& build) {
            job.post([this, build] {
                round_.build = build;
                round_.results.clear();
                round_.early.clear();
            });
            if (build.ok()) run_tests(job, lesson);
        });
        if (!job.cancelled()) job.post([this] { end_round({}); });
    } catch (const std::exception& error) {
        job.post([this, why = std::string(error.what())] { end_round(why); });
    }

    void run_tests(Job& job, const tools::Lesson& lesson) {
        const std::vector<tools::Test> tests = tests_of(desk_, lesson);
        job.post([this, tests] {
            round_.tests = tests;
            name_next_test();
        });
        tutor::run_tests(
            desk_, lesson, tests, [&job] { return job.cancelled(); },
            [this, &job](tools::TestResult result) {
                job.post([this, result = std::move(result)] {
                    round_.results.push_back(result);
                    name_next_test();
                    stale_ = true;
                });
            },
            AfterHang::stop,
            [this, &job](const tools::TestResult& result) {
                if (is_green(result)) return;
                job.post([this, result] {
                    round_.early.push_back(result);
                    stale_ = true;
                });
            });
    }

    void name_next_test() {
        const std::size_t next = round_.results.size();
        if (next == round_.tests.size()) return;
        round_.doing = fmt::format("test {} of {}, {}", next + 1, round_.tests.size(),
                                   round_.tests[next].name);
    }

    BuildHooks hooks(Job& job) {
        return {[this, &job](std::string_view word) {
                    job.post([this, word = std::string(word)] { round_.doing = word; });
                },
                [&job] { return job.cancelled(); }};
    }

    void end_round(std::string trouble) {
        round_.ended = Clock::now();
        round_.trouble = std::move(trouble);
        stale_ = true;
        if (!round_.results.empty()) {
            desk_.progress.set_red(lesson_->stem, names_of_red(round_.results));
            remember_failures(desk_, *lesson_, round_.results);
        }
        if (round_.all_green()) desk_.progress.mark_done(lesson_->stem);
    }

    // What there is to be read: of the round that runs, if it has something to say, else of the one
    // before.
    const Round& worth_reading() const { return round_.says_something() ? round_ : said_; }

    // ---------------------------------------------------------------- drawing

    void fit_to_terminal() {
        size_ = terminal_ ? terminal_->size() : Size{100, 24};
        fit_text_to(size_.columns);
        stale_ = true;
    }

    template <class What>
    std::string capture(What what) {
        captured_.clear();
        what();
        return std::exchange(captured_, {});
    }

    void draw() {
        if (stale_) {
            fill_body();
            stale_ = false;
        }
        frame_.title = title();
        frame_.note = note_;
        frame_.keys = keys();
        frame_.remark = changes_->remark();
        if (!terminal_) {
            // Once, when it is worth it: what is printed stays.
            const bool busy = view_ == View::lesson && !round_.is_over();
            if (!busy) paper_.show(frame_, utf8_);
            return;
        }
        const std::size_t height = body_height(frame_, size_, utf8_);
        const std::size_t last = frame_.body.size() - std::min(frame_.body.size(), height);
        if (view_ == View::server || (view_ == View::check_all && job_)) frame_.top = last;
        if (view_ == View::list) frame_.top = top_that_shows(choice_lines_, frame_.top, height);
        frame_.top = std::min(frame_.top, last);
        painter_->paint(lay_out(frame_, size_, utf8_), size_);
    }

    void fill_body() {
        if (view_ != View::list) {
            frame_.body = tools::wrap(body(), {size_.columns, utf8_});
            return;
        }
        frame_.body.clear();
        for (std::size_t i = 0; i < desk_.lessons.size(); ++i) {
            const auto lines = tools::wrap(line_of_list(i), {size_.columns, utf8_});
            if (i == choice_) choice_lines_ = {frame_.body.size(), lines.size()};
            frame_.body.insert(frame_.body.end(), lines.begin(), lines.end());
        }
    }

    std::string title() const {
        switch (view_) {
            case View::lesson:
                return title_of(outer_, round_, Clock::now());
            case View::server:
                return server_title();
            default:
                return outer_.strong(title_);
        }
    }

    std::string body() {
        switch (view_) {
            case View::lesson:
                return capture([this] {
                    const Round& round = worth_reading();
                    if (round.says_something()) {
                        show_round(desk_, round);
                    } else {
                        show_welcome(desk_, *lesson_);
                    }
                });
            default:
                return text_;
        }
    }

    std::vector<std::string> keys() const {
        std::vector<std::string> keys;
        const auto add = [&](std::string_view key, std::string_view what) {
            keys.push_back(fmt::format("{} {}", outer_.strong(key), what));
        };
        switch (view_) {
            case View::lesson: {
                const Round& round = worth_reading();
                add("h", "hint");
                add("n", "next lesson");
                add("l", "list");
                if (round_.is_over()) add("Enter", "test again");
                add("r", "run the server");
                add("d", "diff");
                add("x", "reset");
                add("a", "check all");
                if (round.build && !round.build->ok()) add("m", "all it said");
                if (round.red() > 1) add("t", "all red tests");
                if (round.first_red() != nullptr) add("o", "timeline");
                add("q", "quit");
                break;
            }
            case View::text:
                add("h", "next hint");
                add("Esc", "back");
                add("q", "quit");
                break;
            case View::list:
                add("Enter", "goes there");
                add("Esc", "back");
                add("q", "quit");
                break;
            case View::server:
                if (server_over_) add("r", "opens it again");
                add("q", server_over_ ? "back" : server_ ? "closes the shop" : "stops the build");
                break;
            case View::check_all:
                add("Esc", job_ ? "stops it" : "back");
                add("q", "quit");
                break;
        }
        return keys;
    }

    // ---------------------------------------------------------------- keys

    void press(int key) {
        if (status_) return;
        note_.clear();
        if (key == key_suspend) return stand_still();
        if (scroll(key)) return;
        const bool confirmed = std::exchange(reset_asked_, false);
        switch (view_) {
            case View::lesson:
                return press_in_lesson(key, confirmed);
            case View::list:
                return press_in_list(key);
            case View::server:
                return press_in_server(key);
            default:
                break;
        }
        if (key == 'q') {
            status_ = all_well;
        } else if (key == key_escape || key == key_enter) {
            leave_view();
        } else {
            leave_view();
            press_in_lesson(key, false);
        }
    }

    // The keys move through the lines, in the list through the lessons.
    bool scroll(int key) {
        const bool lessons = view_ == View::list;
        const std::size_t height = terminal_ ? body_height(frame_, size_, utf8_) : 1;
        const std::size_t page = height > 2 ? height - 1 : 1;
        std::size_t& at = lessons ? choice_ : frame_.top;
        const std::size_t last = lessons ? desk_.lessons.size() - 1 : frame_.body.size();
        const auto up = [&](std::size_t by) { at -= std::min(by, at); };
        const auto down = [&](std::size_t by) { at = std::min(at + by, last); };
        if (key == key_up || (lessons && key == 'k'))
            up(1);
        else if (key == key_down || (lessons && key == 'j'))
            down(1);
        else if (key == key_page_up || key == 'b')
            up(page);
        else if (key == key_page_down || key == ' ')
            down(page);
        else if (key == key_home)
            at = 0;
        else if (key == key_end)
            at = last;
        else
            return false;
        stale_ = stale_ || lessons;
        return true;
    }

    void press_in_lesson(int key, bool confirmed) {
        switch (key) {
            case 'q':
                status_ = all_well;
                break;
            case 'h':
                show_verb("A hint", [this] { hint(desk_, lesson_->stem, false); });
                break;
            case 'n':
                go_to_next();
                break;
            case 'l':
                choice_ = static_cast<std::size_t>(lesson_ - desk_.lessons.data());
                title_ = "The lessons";
                show(View::list);
                break;
            case 'r':
                start_server();
                break;
            case 'd':
                show_verb("From your files to the solution's",
                          [this] { diff(desk_, lesson_->stem); });
                break;
            case 'x':
                confirmed ? put_starter_back() : ask_for_reset();
                break;
            case 'a':
                check_all();
                break;
            case 'm':
                show_all_it_said();
                break;
            case 't':
                show_all_red();
                break;
            case 'o':
                open_timeline();
                break;
            case key_enter:
                if (round_.is_over()) start_round(Clock::now(), false);
                break;
            default:
                break;
        }
    }

    void press_in_list(int key) {
        if (key == key_enter) {
            open(desk_.lessons[choice_]);
        } else if (key == 'q') {
            status_ = all_well;
        } else {
            leave_view();
        }
    }

    void press_in_server(int key) {
        const bool closes = key == 'q' || key == key_escape || key == key_interrupt || key == 'r';
        if (!server_) {
            // It is not built yet, could not be opened, or has closed.
            if (server_over_ && key == 'r') return start_server();
            if (server_over_ || closes) leave_view();
        } else if (closes && closing_since_) {
            server_->kill();
        } else if (closes) {
            server_->terminate();
            closing_since_ = Clock::now();
        }
    }

    void show(View view) {
        if (view_ == View::server && terminal_) terminal_->ctrl_c_is_a_key(false);
        view_ = view;
        frame_.top = 0;
        stale_ = true;
    }

    void close_view() {
        if (view_ == View::lesson) return;
        if (view_ == View::check_all || view_ == View::server) job_.reset();
        close_server();
        show(View::lesson);
    }

    // Back to the lesson; its round goes on, or begins anew when it had to give way.
    void leave_view() {
        close_view();
        if (!round_.is_over() && !job_) start_round(Clock::now(), round_.after_save);
    }

    template <class Verb>
    void show_verb(std::string title, Verb verb) try {
        text_ = capture(verb);
        title_ = std::move(title);
        show(View::text);
    } catch (const std::exception& error) {
        captured_.clear();
        note_ = error.what();
    }

    // After a lesson that is done, the next that is not; else the one after this.
    void go_to_next() {
        const bool done = desk_.progress.is_done(lesson_->stem);
        const tools::Lesson* next = done ? next_lesson(desk_, *lesson_) : nullptr;
        if (next == nullptr) next = lesson_ + 1;
        if (next == desk_.lessons.data() + desk_.lessons.size()) {
            note_ = "This is the last lesson.";
            return;
        }
        if (!done) note_ = fmt::format("{} stays open; l goes back to it.", name_of(*lesson_));
        open(*next);
    }

    std::string line_of_list(std::size_t number) {
        std::size_t width = 0;
        for (const tools::Lesson& lesson : desk_.lessons) {
            width = std::max(width, lesson.title.size());
        }
        const tools::Lesson& lesson = desk_.lessons[number];
        const bool done = desk_.progress.is_done(lesson.stem);
        const std::string line =
            fmt::format("{} {}  {:<{}}  {:<4}  {}", number == choice_ ? ">" : " ", lesson.number,
                        lesson.title, width, done ? "done" : "open", lesson.time);
        return number == choice_ ? outer_.strong(line) : done ? outer_.good(line) : line;
    }

    void ask_for_reset() {
        reset_asked_ = true;
        note_ = fmt::format(
            "x again puts the starter back in lessons/{}; what you wrote is kept. Any other key: "
            "no.",
            lesson_->stem);
    }

    // The files change by it, which begins a round.
    void put_starter_back() try {
        const std::filesystem::path copy = reset_lesson(desk_, *lesson_);
        note_ = copy.empty() ? fmt::format("{}, is as it was handed out.", name_of(*lesson_))
                             : fmt::format("{}, is as it was handed out. What you wrote is in {}.",
                                           name_of(*lesson_), copy.string());
        said_ = Round();
    } catch (const std::exception& error) {
        note_ = error.what();
    }

    void show_all_it_said() {
        const Round& round = worth_reading();
        if (!round.build || round.build->ok()) {
            note_ = "The compiler had nothing to complain about.";
            return;
        }
        title_ = "Everything that was said when it was built";
        text_ = round.build->outcome.output;
        show(View::text);
    }

    void show_all_red() {
        const Round& round = worth_reading();
        if (round.red() == 0) {
            note_ = "No test is red.";
            return;
        }
        show_verb(fmt::format("What is red in {}", name_of(*lesson_)),
                  [&] { show_every_red(desk_, round); });
    }

    void open_timeline() {
        const tools::TestResult* red = worth_reading().first_red();
        if (red == nullptr) {
            note_ = "There is a timeline when a test is red.";
            return;
        }
        if (red->page.empty()) {
            note_ = "This test left no timeline.";
            return;
        }
        const std::string name = red->page.lexically_proximate(desk_.root).string();
        note_ = open_in_browser(red->page) ? fmt::format("Opened: {}", name)
                                           : fmt::format("Open it in a browser: {}", name);
    }

    // ---------------------------------------------------------------- the server

    void start_server() {
        job_.reset();
        title_ = fmt::format("Building the shop of {} ...", name_of(*lesson_));
        text_.clear();
        server_over_ = false;
        closing_since_.reset();
        show(View::server);
        if (terminal_) terminal_->ctrl_c_is_a_key(true);
        job_.emplace(bell_, [this, lesson = lesson_](Job& job) { build_server(job, *lesson); });
    }

    void build_server(Job& job, const tools::Lesson& lesson) try {
        Build build = run_build(desk_, lesson, Part::server, hooks(job));
        if (!build.cancelled()) job.post([this, build = std::move(build)] { open_shop(build); });
    } catch (const std::exception& error) {
        job.post([this, why = std::string(error.what())] { end_server(why); });
    }

    void open_shop(const Build& build) try {
        if (!build.ok()) {
            end_server("It could not be built.");
            text_ = capture([&] { show_build(desk_, build); });
            return;
        }
        tools::Command command;
        command.words = {executable_of(desk_, *lesson_, Part::server).string()};
        command.folder = desk_.root;
        command.most_output = 50'000;  // it is laid out anew each time that there is more of it
        // Its database is there, and goes with it, however it ends.
        servers_files_.emplace();
        command.environment = {{"TMPDIR", servers_files_->path().string()}};
        command.temporary = servers_files_->path();
        server_.emplace(command);
        title_ = fmt::format("The shop of {}", name_of(*lesson_));
    } catch (const std::exception& error) {
        end_server(error.what());
    }

    void close_server() {
        server_.reset();
        servers_files_.reset();
    }

    void end_server(std::string title) {
        server_over_ = true;
        title_ = std::move(title);
        stale_ = true;
    }

    std::string server_title() const {
        if (server_over_ || !closing_since_) return outer_.strong(title_);
        const bool slow = Clock::now() - *closing_since_ > closing_takes;
        return outer_.strong(title_ + (slow ? " does not close: q again ends it" : " closes ..."));
    }

    void look_at_server() {
        const Clock::time_point enough =
            Clock::now() + milliseconds(20);  // of a shop that floods us
        const std::size_t before = server_->printed();
        while (Clock::now() < enough && server_->read_more(Clock::now())) continue;
        const bool ended = server_->await_end(Clock::now());
        if (server_->printed() != before || ended) {
            text_ = server_->output();
            stale_ = true;
        }
        if (!ended) return;
        const tools::Outcome& end = server_->end();
        end_server(end.signal != 0
                       ? fmt::format("The shop was ended by signal {}", end.signal)
                       : fmt::format("The shop has closed (exit status {})", end.exit_status));
        if (const int port = port_it_cannot_have(text_)) text_ += "\n" + word_about(port);
        close_server();
    }

    // Here there is no flag to give, as the shop would have it.
    std::string word_about(int port) const {
        std::string who = who_listens_at(port);
        who = who.empty() ? "Another program, most likely another ./learn,"
                          : "It is " + who + " that";
        return wrapped(
            fmt::format("{} has port {}. Close that one, and r opens this shop; or open "
                        "this one elsewhere, in another terminal: ./learn run {} --port "
                        "{}.",
                        who, port, lesson_->number, port + 1));
    }

    // ---------------------------------------------------------------- all lessons

    void check_all() {
        job_.reset();
        title_ = "All lessons";
        text_.clear();
        show(View::check_all);
        job_.emplace(bell_, [this](Job& job) {
            for (const tools::Lesson& lesson : desk_.lessons) {
                if (!job.cancelled()) check(job, lesson);
            }
        });
    }

    void check(Job& job, const tools::Lesson& lesson) try {
        const auto say = [&](std::string word) {
            job.post([this, &lesson, word = std::move(word)] {
                title_ = fmt::format("{}: {}", name_of(lesson), word);
            });
        };
        const BuildHooks hooks = {[&](std::string_view word) { say(std::string(word)); },
                                  [&] { return job.cancelled(); }};
        bool built = false;
        std::vector<tools::Test> tests;
        std::vector<tools::TestResult> results;
        build_and_use(desk_, lesson, hooks, [&](const Build& build) {
            built = build.ok();
            if (!built) return;
            tests = tests_of(desk_, lesson);
            say("its tests");
            results.clear();
            tutor::run_tests(desk_, lesson, tests, hooks.cancelled, [&](tools::TestResult result) {
                results.push_back(std::move(result));
            });
        });
        if (job.cancelled()) return;
        if (!built) return tell(job, lesson, outer_.bad("does not compile"));
        const auto green =
            static_cast<std::size_t>(std::count_if(results.begin(), results.end(), is_green));
        const bool all = green == tests.size();
        const std::string sum = fmt::format("{} of {} green", green, tests.size());
        tell(job, lesson, all ? outer_.good(sum) : sum, names_of_red(results));
    } catch (const std::exception& error) {
        tell(job, lesson, error.what());
    }

    // What was not tested stays as it was.
    void tell(Job& job, const tools::Lesson& lesson, std::string verdict,
              std::optional<std::vector<std::string>> red = {}) {
        job.post([this, &lesson, red = std::move(red), verdict = std::move(verdict)] {
            text_ += fmt::format("{}  {}: {}\n", lesson.number, lesson.title, verdict);
            stale_ = true;
            if (red) desk_.progress.set_red(lesson.stem, *red);
            if (red && red->empty()) desk_.progress.mark_done(lesson.stem);
            if (&lesson == &desk_.lessons.back()) title_ = "All lessons are checked";
        });
    }

    // ---------------------------------------------------------------- the end

    void say_goodbye() {
        const Round& round = worth_reading();
        std::string where = name_of(*lesson_);
        if (round.is_over() && round.build && round.build->ok()) {
            where += fmt::format(": {} of {} green", round.green(), round.tests.size());
        }
        outer_.line(fmt::format("{}. ./learn goes on from there.", where));
    }

    Desk& desk_;
    const Screen outer_;
    const bool utf8_;
    std::string captured_;  // where the desk's screen writes to
    Signals signals_;
    Bell bell_;
    std::optional<RawTerminal> terminal_;  // none where the cursor cannot be moved
    std::optional<Painter> painter_;
    PlainPaper paper_;
    Size size_;
    Keys keys_;
    Clock::time_point escape_ends_;

    const tools::Lesson* lesson_ = nullptr;
    std::optional<Changes> changes_;
    Round round_;
    Round said_;

    View view_ = View::lesson;
    Frame frame_;
    bool stale_ = true;  // the frame's body is not what there is to be shown
    std::string title_;
    std::string text_;
    std::string note_;
    std::size_t choice_ = 0;  // in the list
    LineRange choice_lines_;  // in the frame's body
    bool reset_asked_ = false;
    bool gone_ = false;  // the lesson's folder

    std::optional<tools::TemporaryFolder> servers_files_;
    std::optional<tools::Child> server_;
    bool server_over_ = false;
    std::optional<Clock::time_point> closing_since_;

    WarningListener warnings_;
    std::optional<int> status_;
    std::optional<Job> job_;  // last, for it uses the others
};

}  // namespace

bool can_watch() {
    return ::isatty(STDIN_FILENO) == 1 && ::isatty(STDOUT_FILENO) == 1;
}

int watch(Desk& desk, const std::string& wanted, std::string_view word) {
    const bool all_done = wanted.empty() && current_lesson(desk) == nullptr;
    const tools::Lesson& lesson = all_done ? desk.lessons.back() : find_lesson(desk, wanted);
    return Watch(desk, lesson, word).run();
}

}  // namespace tutor
