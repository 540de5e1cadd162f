#include "web/stage_shop.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <utility>

#include "text/text.hpp"

namespace fs = std::filesystem;

namespace web {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_shown = 20'000;                    // bytes of what is printed
constexpr auto longest_look = std::chrono::milliseconds(20);  // at a program that floods us

// Behind what a command has printed: no shell prints it by itself.
std::string end_mark(std::size_t number) {
    return fmt::format("\001{}\001", number);
}

std::string last_part(const std::string& text) {
    if (text.size() <= most_shown) return text;
    const std::size_t line = text.find('\n', text.size() - most_shown);
    return "...\n" + text.substr(line == std::string::npos ? text.size() - most_shown : line + 1);
}

int port_in(const std::string& said) {
    constexpr std::string_view before = "The shop is open at http://127.0.0.1:";
    const std::size_t at = said.find(before);
    return at == std::string::npos ? 0 : std::atoi(said.c_str() + at + before.size());
}

// "5s" or "250ms", as the server's flags have times.
std::chrono::milliseconds time_of(const std::string& text) {
    char* unit = nullptr;
    const double amount = std::strtod(text.c_str(), &unit);
    return std::chrono::milliseconds(
        static_cast<long>(amount * (std::string_view(unit) == "ms" ? 1 : 1000)));
}

// Whether the flag is one of the bank's, which then knows.
bool take_bank_flag(const std::pair<std::string, std::string>& flag,
                    server::SlowBankOptions& bank) {
    const auto& [name, value] = flag;
    if (name == "--bank-takes")
        bank.takes = time_of(value);
    else if (name == "--bank-declines")
        bank.declines = value;
    else if (name == "--bank-declines-capture")
        bank.declines_capture = value;
    else if (name == "--bank-loses-answer")
        bank.loses_answer = value;
    else
        return false;
    return true;
}

bool has_flag(const tools::ShopCommand& command, std::string_view name) {
    return std::any_of(command.flags.begin(), command.flags.end(),
                       [&](const auto& flag) { return flag.first == name; });
}

// What the stage itself has asked for.
bool is_of_the_stage(std::string_view line) {
    return line == "GET /metrics -> 200" || line == "GET /metrics -> 404";
}

}  // namespace

// A bank in another process is asked over sockets, of which a shop that may have few files open would
// have too few: such a shop keeps the one in its own process.
StageShop::StageShop(const fs::path& program, tools::ShopCommand command)
    : program_(fs::absolute(program)), chapters_(std::move(command)) {
    std::string name = "stage.db";
    for (const auto& [flag, value] : chapters_.flags) {
        if (flag == "--database") name = value;
    }
    if (fs::path(name).is_absolute()) {
        away_ = name;
        // Lesson 18's is PostgreSQL's, which is another user where we are root, and must get there.
        if (::geteuid() == 0) {
            fs::permissions(folder_.path(), fs::perms::group_exec | fs::perms::others_exec,
                            fs::perm_options::add);
        }
        name = fs::path(name).filename();
    }
    database_ = fs::canonical(folder_.path()) / name;
    if (!has_flag(chapters_, "--open-files")) {
        server::SlowBankOptions options;
        for (const auto& flag : chapters_.flags) take_bank_flag(flag, options);
        bank_ = std::make_unique<StageBank>(options);
    }
    start();
    start_shell();
}

// The server first: then nobody waits for its answer any more.
StageShop::~StageShop() {
    server_.reset();
}

void StageShop::start() {
    tools::Command command;
    command.words = {program_.string()};
    server::SlowBankOptions ignored;
    for (const auto& flag : chapters_.flags) {
        if (flag.first == "--database" || (bank_ && take_bank_flag(flag, ignored))) continue;
        command.words.push_back(flag.first);
        if (!flag.second.empty()) command.words.push_back(flag.second);
    }
    if (bank_)
        command.words.insert(command.words.end(), {"--bank-port", std::to_string(bank_->port())});
    command.words.insert(command.words.end(),
                         {"--database", database_.string(), "--port", std::to_string(port_)});
    command.folder = folder_.path();
    command.environment = {{"TMPDIR", folder_.path().string()}};
    command.temporary = folder_.path();
    command.most_output = most_shown;
    command.limit = std::chrono::hours(12);
    server_.emplace(command);
    note_ = "The shop opens ...";
    is_open_ = false;
    closing_ = false;
}

void StageShop::start_shell() {
    tools::Command command;
    command.words = {"sh"};
    command.folder = folder_.path();
    command.environment = {{"no_proxy", "localhost,127.0.0.1"},
                           {"NO_PROXY", "localhost,127.0.0.1"}};
    command.most_output = 10 * most_shown;
    command.limit = std::chrono::hours(12);
    shell_.emplace(command, tools::Child::Input::pipe);
}

StageShop::State StageShop::state() const {
    if (!server_) return State::closed;
    if (closing_) return State::closing;
    return is_open_ ? State::open : State::opening;
}

// In braces, and without standard input, so that no command swallows the next.
void StageShop::run(const std::string& command) {
    ran_.push_back({shown_.size(), shown_.size(), false});
    shell_->write(fmt::format("{{ {}\n}} </dev/null 2>&1\nprintf '\\001%s\\001' {}\n",
                              in_folder(tools::with_port(command, chapters_.port, port_)),
                              ran_.size()));
}

void StageShop::close() {
    if (!server_) return;
    closing_ ? server_->kill() : server_->terminate();
    closing_ = true;
}

void StageShop::kill() {
    if (server_) server_->kill();
}

// A database that is a server of its own, as lesson 18's, is gone with the shop.
void StageShop::open_again() {
    if (server_) return;
    if (!away_.empty()) fs::remove_all(database_);
    start();
}

bool StageShop::look() {
    bool news = server_ && read_server();
    if (shell_ && read_shell()) news = true;
    if (observer_ && observer_->count() != looks_told_) {
        looks_told_ = observer_->count();
        news = true;
    }
    return news;
}

bool StageShop::read_server() {
    const Clock::time_point enough = Clock::now() + longest_look;
    const std::size_t before = server_->printed();
    while (Clock::now() < enough && server_->read_more(Clock::now())) continue;
    const bool over = server_->await_end(Clock::now());
    if (server_->printed() == before && !over) return false;
    said_ = server_->output();
    if (!is_open_ && !over && port_in(said_) != 0) {
        port_ = port_in(said_);
        is_open_ = true;
        note_ = "The shop is open.";
        observer_ = std::make_unique<Observer>(port_, server_->pid(), database_);
    }
    if (over) {
        const tools::Outcome& outcome = server_->end();
        note_ = outcome.signal != 0
                    ? fmt::format("The shop was ended by signal {}.", outcome.signal)
                    : fmt::format("The shop has closed (exit status {}).", outcome.exit_status);
        if (!away_.empty()) note_ += " Its PostgreSQL is gone with it.";
        said_before_ = last_part(said_before_ + std::exchange(said_, {}));
        observer_.reset();
        looks_told_ = 0;
        server_.reset();
    }
    return true;
}

bool StageShop::read_shell() {
    const Clock::time_point enough = Clock::now() + longest_look;
    const std::size_t before = shell_->printed();
    while (Clock::now() < enough && shell_->read_more(Clock::now())) continue;
    if (shell_->printed() == before) return false;
    shown_ = shell_->output();
    if (ran_.empty()) return true;
    const std::size_t end = shown_.find(end_mark(ran_.size()));
    ran_.back().over = end != std::string::npos;
    ran_.back().to = std::min(end, shown_.size());
    return true;
}

std::string StageShop::in_folder(const std::string& text) const {
    return away_.empty() ? text : tools::replaced(text, away_, database_.string());
}

std::string StageShop::as_reader_sees(const std::string& text) const {
    std::string without_marks;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\001') {
            without_marks += text[i];
            continue;
        }
        i = std::min(text.find('\001', i + 1), text.size());
    }
    if (!away_.empty()) without_marks = tools::replaced(without_marks, database_.string(), away_);
    // Where the folder is says nothing to a reader.
    without_marks = tools::replaced(without_marks, database_.parent_path().string() + "/", "");
    return tools::printable(last_part(tools::with_port(without_marks, port_, chapters_.port)));
}

Json StageShop::to_json() const {
    constexpr const char* names[] = {"opening", "open", "closing", "closed"};
    Json outputs = Json::array();
    for (const Ran& each : ran_) {
        const std::size_t from = std::min(each.from, shown_.size());  // a flood loses its middle
        outputs.push_back(
            {{"over", each.over},
             {"text", as_reader_sees(shown_.substr(from, std::max(each.to, from) - from))}});
    }
    std::string said;
    const std::string all = said_before_ + said_;
    for (const std::string_view line : tools::lines_of(all)) {
        if (!is_of_the_stage(line)) said += std::string(line) + "\n";
    }
    return {{"state", names[static_cast<int>(state())]},
            {"note", note_},
            {"said", as_reader_sees(said)},
            {"outputs", std::move(outputs)},
            {"bank", bank_ ? Json{{"waiting", bank_->waiting()}, {"said", bank_->said()}} : Json()},
            {"seen", observer_ ? observer_->to_json() : Json()}};
}

}  // namespace web
