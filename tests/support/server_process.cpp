#include "support/server_process.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <cstring>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "support/await.hpp"
#include "support/channel.hpp"
#include "support/ledger.hpp"
#include "support/patience.hpp"
#include "support/program.hpp"
#include "support/server_reporter.hpp"

extern char** environ;

namespace support {
namespace {

constexpr std::string_view open_sentence = "The shop is open at http://127.0.0.1:";

std::string subjects_server() {
    const std::string tests = own_program().string();
    return tests.substr(0, tests.rfind(".tests")) + ".server";
}

std::vector<std::string> words_of(const ServerProcess::Options& options) {
    std::vector<std::string> words = {
        options.program.empty() ? subjects_server() : options.program,
        "--port=0",
        "--database=" + options.database,
        fmt::format("--workers={}", options.workers),
        fmt::format("--unready={}ms", options.unready.count()),
        fmt::format("--deadline={}ms", options.deadline.count()),
        fmt::format("--grace={}ms", options.grace.count()),
    };
    if (options.bank_port != 0) words.push_back(fmt::format("--bank-port={}", options.bank_port));
    words.insert(words.end(), options.more_flags.begin(), options.more_flags.end());
    return words;
}

// A pair of descriptors that no other child inherits.
using Ends = std::array<int, 2>;

Ends private_ends(Ends ends) {
    for (const int end : ends) fcntl(end, F_SETFD, FD_CLOEXEC);
    return ends;
}

Ends make_pipe() {
    Ends ends{};
    if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe can be laid to the shop");
    return private_ends(ends);
}

Ends make_line() {
    Ends ends{};
    if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends.data()) != 0) {
        throw std::runtime_error("no line can be laid to the shop");
    }
    return private_ends(ends);
}

std::vector<char*> pointers_to(std::vector<std::string>& texts) {
    std::vector<char*> pointers;
    for (std::string& text : texts) pointers.push_back(text.data());
    pointers.push_back(nullptr);
    return pointers;
}

}  // namespace

std::string ServerProcess::End::in_words() const {
    if (!has_ended) return "has not ended";
    return was_killed ? fmt::format("was killed by signal {}", status)
                      : fmt::format("ended with status {}", status);
}

ServerProcess::ServerProcess(const Options& options) {
    Ledger::instance().connections_are_elsewhere();
    start(options);
    listening_ = std::thread([this] { listen(); });
}

ServerProcess::~ServerProcess() {
    if (process_ > 0) kill(process_, SIGKILL);
    reap(true);
    listening_.join();
    close(out_);
    close(err_);
}

// The signals are as a shell would leave them, not as in the test's own process.
void ServerProcess::start(const Options& options) {
    const Ends out = make_pipe();
    const Ends err = make_pipe();
    const Ends line = make_line();
    out_ = out[0];
    err_ = err[0];
    line_ = std::make_unique<Channel>(line[0], Channel::Waits::not_at_all);

    std::vector<std::string> words = words_of(options);
    std::vector<std::string> settings;
    for (char** each = environ; *each != nullptr; ++each) settings.emplace_back(*each);
    settings.push_back(fmt::format("{}={}", reporter_variable, reporters_line));

    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions, out[1], STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, err[1], STDERR_FILENO);
    posix_spawn_file_actions_adddup2(&actions, line[1], reporters_line);
    posix_spawnattr_t attributes;
    posix_spawnattr_init(&attributes);
    sigset_t none;
    sigemptyset(&none);
    sigset_t stop_signals;
    sigemptyset(&stop_signals);
    for (const int each : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) {
        sigaddset(&stop_signals, each);
    }
    posix_spawnattr_setsigmask(&attributes, &none);
    posix_spawnattr_setsigdefault(&attributes, &stop_signals);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    const int status = posix_spawn(&process_, words.front().c_str(), &actions, &attributes,
                                   pointers_to(words).data(), pointers_to(settings).data());
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    close(out[1]);
    close(err[1]);
    close(line[1]);
    if (status == 0) return;
    close(out_);
    close(err_);
    throw std::runtime_error(
        fmt::format("{} cannot be started: {}", words.front(), std::strerror(status)));
}

// Hears all three at once, so that none of them is ever full, until they are down.
void ServerProcess::listen() {
    Ledger::instance().i_am("the shop");
    std::array<pollfd, 3> all{{{out_, POLLIN, 0}, {err_, POLLIN, 0}, {line_->socket(), POLLIN, 0}}};
    const auto is_up = [](const pollfd& one) { return one.fd >= 0; };
    while (std::any_of(all.begin(), all.end(), is_up)) {
        poll(all.data(), all.size(), -1);
        if (all[0].revents != 0 && !take_from(out_, output_)) all[0].fd = -1;
        if (all[1].revents != 0 && !take_from(err_, errors_)) all[1].fd = -1;
        if (all[2].revents != 0) {
            while (const auto message = line_->read()) hear(*message);
            if (line_->is_down()) all[2].fd = -1;
        }
        changed_.notify_all();
    }
    {
        const std::lock_guard lock(mutex_);
        is_silent_ = true;
    }
    changed_.notify_all();
}

// What is there, whole lines of it into the timeline. False: nothing will come any more.
bool ServerProcess::take_from(int stream, std::string& text) {
    std::array<char, 4096> buffer{};
    const auto count = read(stream, buffer.data(), buffer.size());
    if (count <= 0) return false;
    std::size_t begin = 0;
    std::string now;
    {
        const std::lock_guard lock(mutex_);
        begin = text.rfind('\n') + 1;  // 0 when there is none
        text.append(buffer.data(), static_cast<std::size_t>(count));
        now = text.substr(begin);
    }
    for (std::size_t from = 0, to = 0; (to = now.find('\n', from)) != std::string::npos;
         from = to + 1) {
        // The port is another each time, and a timeline is to be compared.
        const std::string line = now.substr(from, to - from);
        Ledger::instance().note(line.starts_with(open_sentence) ? "The shop is open." : line);
    }
    return true;
}

// "counts {…}" or "end {…}", from the reporter.
void ServerProcess::hear(const std::string& message) {
    const auto space = message.find(' ');
    const auto report = nlohmann::json::parse(message.substr(space + 1));
    const Counts counts{report.at("opened"), report.at("open"), report.at("transactions"),
                        report.at("longest busy timeout")};
    const std::lock_guard lock(mutex_);
    if (message.substr(0, space) == "end") {
        end_.counts = counts;
        end_.timeline = report.at("timeline");
        end_.step = report.value("step", "");
    } else {
        counts_ = counts;
    }
}

bool ServerProcess::await(const std::function<bool()>& holds) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, patience(), [&] { return holds() || is_silent_; });
    return holds();
}

bool ServerProcess::await_open() {
    return await([this] {
        const std::size_t at = output_.find(open_sentence);
        return at != std::string::npos && output_.find('\n', at) != std::string::npos;
    });
}

int ServerProcess::port() const {
    const std::lock_guard lock(mutex_);
    const std::size_t at = output_.find(open_sentence);
    if (at == std::string::npos) return 0;
    int port = 0;
    std::from_chars(output_.data() + at + open_sentence.size(), output_.data() + output_.size(),
                    port);
    return port;
}

void ServerProcess::send(int signal) {
    if (has_ended()) return;
    Ledger::instance().note(fmt::format("sends the shop {}", signal == SIGTERM   ? "SIGTERM"
                                                             : signal == SIGINT  ? "SIGINT"
                                                             : signal == SIGKILL ? "SIGKILL"
                                                                                 : "a signal"));
    kill(process_, signal);
}

void ServerProcess::reap(bool waits) {
    int status = 0;
    if (process_ <= 0 || waitpid(process_, &status, waits ? 0 : WNOHANG) != process_) return;
    process_ = -1;
    const std::lock_guard lock(mutex_);
    end_.has_ended = true;
    end_.was_killed = WIFSIGNALED(status);
    end_.status = end_.was_killed ? WTERMSIG(status) : WEXITSTATUS(status);
}

void ServerProcess::dies_at_failpoint(int number) {
    static_cast<void>(ask(fmt::format("dies at step {}", number)));
}

void ServerProcess::hangs_from_failpoint(int number) {
    static_cast<void>(ask(fmt::format("hangs at step {}", number)));
}

void ServerProcess::has_a_join_fail() {
    static_cast<void>(ask("has a join fail"));
}

void ServerProcess::holds_replies() {
    static_cast<void>(ask("holds replies"));
}

void ServerProcess::lets_replies_go() {
    static_cast<void>(ask("lets replies go"));
}

void ServerProcess::lets_idle_customers_stay() {
    static_cast<void>(ask("lets idle customers stay"));
}

void ServerProcess::time_passes(std::chrono::seconds time) {
    static_cast<void>(ask(fmt::format("time passes {}", time.count())));
}

void ServerProcess::goes_deaf() {
    static_cast<void>(ask("goes deaf"));
}

bool ServerProcess::has_ended() {
    reap(false);
    return process_ <= 0 && await([this] { return is_silent_; });
}

// When it has fallen silent it ends in a moment.
ServerProcess::End ServerProcess::await_end() {
    const bool was_running = process_ > 0;
    if (await([this] { return is_silent_; })) {
        static_cast<void>(support::await([this] { return has_ended(); }));
    }
    const std::lock_guard lock(mutex_);
    if (was_running && end_.has_ended) Ledger::instance().note("the shop " + end_.in_words());
    return end_;
}

bool ServerProcess::await_word(std::string_view word) {
    return await([&] {
        return output_.find(word) != std::string::npos || errors_.find(word) != std::string::npos;
    });
}

std::string ServerProcess::output() const {
    const std::lock_guard lock(mutex_);
    return output_;
}

std::string ServerProcess::errors() const {
    const std::lock_guard lock(mutex_);
    return errors_;
}

std::optional<ServerProcess::Counts> ServerProcess::counts() {
    return ask("counts");
}

std::optional<ServerProcess::Counts> ServerProcess::ask(const std::string& word) {
    {
        const std::lock_guard lock(mutex_);
        counts_.reset();
    }
    line_->write(word);
    static_cast<void>(await([this] { return counts_.has_value(); }));
    const std::lock_guard lock(mutex_);
    return counts_;
}

}  // namespace support
