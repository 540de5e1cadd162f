#include "web/stage.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <utility>

#include "course/see_it.hpp"
#include "text/markdown_blocks.hpp"
#include "text/text.hpp"
#include "tutor/build.hpp"
#include "tutor/build_report.hpp"
#include "tutor/exit_status.hpp"

namespace web {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t most_shown = 20'000;                    // bytes of what is printed
constexpr auto longest_look = std::chrono::milliseconds(20);  // at a program that floods us

constexpr tools::BlockKind kinds[] = {{"server", 0, 0, "<!-- server -->"},
                                      {"shell", 0, 0, "<!-- shell -->"}};

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

}  // namespace

SeeIt see_it_of(const tools::Lesson& lesson) {
    SeeIt see_it;
    if (!std::filesystem::exists(lesson.chapter)) return see_it;
    const std::string text = tools::read_file(lesson.chapter);
    std::vector<std::string> lines;
    for (const std::string_view line : tools::lines_of(text)) lines.emplace_back(line);
    for (tools::MarkdownBlock& block : tools::blocks_in(lines, kinds).blocks)
        (block.kind == "server" ? see_it.server : see_it.shell).push_back(std::move(block.lines));
    return see_it;
}

void Stage::open(const tools::Lesson& lesson, std::size_t block, tutor::Part whose) {
    if (block >= see_it_of(lesson).server.size())
        throw tutor::WrongUse("The chapter has no such shop to open.");
    end("The shop is being built ...");
    lesson_ = &lesson;
    block_ = block;
    whose_ = whose;
    job_.emplace(wakeup_, [this, of = &lesson, whose](tutor::Job& job) {
        const tutor::BuildHooks hooks = {[](std::string_view) {},
                                         [&job] { return job.cancelled(); }};
        try {
            tutor::Build build = tutor::run_build(context_, *of, whose, hooks);
            job.post([this, build = std::move(build)] {
                if (build.cancelled()) return;
                if (!build.ok()) {
                    note_ = "The shop could not be built: see the verdict.";
                    return;
                }
                start(tutor::executable_of(context_, *build.lesson, build.part).string());
            });
        } catch (const std::exception& error) {
            job.post([this, why = std::string(error.what())] { note_ = why; });
        }
    });
}

void Stage::start(const std::string& program) try {
    const SeeIt see_it = see_it_of(*lesson_);
    const tools::ShopCommand shop =
        tools::read_shop_command(see_it.server.at(block_), lesson_->number);
    folder_.emplace();
    tools::Command command;
    command.words = {std::filesystem::absolute(program).string()};
    for (const auto& [flag, value] : shop.flags) {
        command.words.push_back(flag);
        if (!value.empty()) command.words.push_back(value);
    }
    command.words.insert(command.words.end(), {"--port", "0"});
    command.folder = folder_->path();
    command.environment = {{"TMPDIR", folder_->path().string()}};
    command.temporary = folder_->path();
    command.most_output = most_shown;
    command.limit = std::chrono::hours(12);
    shown_port_ = shop.port;
    server_.emplace(command);
    start_shell();
    note_ = "The shop opens ...";
} catch (const std::exception& error) {
    end(error.what());
}

void Stage::start_shell() {
    tools::Command command;
    command.words = {"sh"};
    command.folder = folder_->path();
    command.environment = {{"no_proxy", "localhost,127.0.0.1"},
                           {"NO_PROXY", "localhost,127.0.0.1"}};
    command.most_output = 10 * most_shown;
    command.limit = std::chrono::hours(12);
    shell_.emplace(command, tools::Child::Input::pipe);
}

void Stage::run(std::size_t block, std::size_t command) {
    if (!server_ || port_ == 0) throw tutor::WrongUse("The shop is not open yet.");
    if (!ran_.empty() && !ran_.back().over)
        throw tutor::WrongUse("The command before is still running. Closing the shop ends it.");
    const SeeIt see_it = see_it_of(*lesson_);
    const std::vector<std::string> commands = block < see_it.shell.size()
                                                  ? tools::commands_in(see_it.shell[block])
                                                  : std::vector<std::string>();
    if (command >= commands.size()) throw tutor::WrongUse("The chapter has no such command.");
    if (commands[command].starts_with(": Ctrl-C")) return close();
    ran_.push_back({block, command, shown_.size(), shown_.size(), false});
    // In braces, and without standard input, so that no command swallows the next.
    shell_->write(fmt::format("{{ {}\n}} </dev/null 2>&1\nprintf '\\001%s\\001' {}\n",
                              tools::with_port(commands[command], shown_port_, port_),
                              ran_.size()));
}

void Stage::close() {
    if (!server_) return end();
    closing_ ? server_->kill() : server_->terminate();
    closing_ = true;
}

void Stage::end(std::string why) {
    job_.reset();
    server_.reset();
    shell_.reset();
    folder_.reset();
    said_.clear();
    shown_.clear();
    ran_.clear();
    port_ = 0;
    closing_ = false;
    note_ = std::move(why);
}

bool Stage::look() {
    bool news = false;
    if (job_) {
        news = true;
        if (!job_->deliver()) job_.reset();
    }
    if (server_ && read_server()) news = true;
    if (shell_ && read_shell()) news = true;
    return news;
}

bool Stage::read_server() {
    const Clock::time_point enough = Clock::now() + longest_look;
    const std::size_t before = server_->printed();
    while (Clock::now() < enough && server_->read_more(Clock::now())) continue;
    const bool over = server_->await_end(Clock::now());
    if (server_->printed() == before && !over) return false;
    said_ = server_->output();
    if (port_ == 0) port_ = port_in(said_);
    note_ = whose_ == tutor::Part::server ? "The shop is open." : "The solution's shop is open.";
    if (over) {
        const tools::Outcome& outcome = server_->end();
        note_ = outcome.signal != 0
                    ? fmt::format("The shop was ended by signal {}.", outcome.signal)
                    : fmt::format("The shop has closed (exit status {}).", outcome.exit_status);
        server_.reset();
    }
    return true;
}

bool Stage::read_shell() {
    const Clock::time_point enough = Clock::now() + longest_look;
    const std::size_t before = shell_->printed();
    while (Clock::now() < enough && shell_->read_more(Clock::now())) continue;
    if (shell_->printed() == before) return false;
    shown_ = shell_->output();
    if (ran_.empty()) return true;
    const std::string mark = end_mark(ran_.size());
    const std::size_t end = shown_.find(mark);
    ran_.back().over = end != std::string::npos;
    ran_.back().to = std::min(end, shown_.size());
    return true;
}

std::string Stage::as_reader_sees(const std::string& text) const {
    std::string without_marks;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '\001') {
            without_marks += text[i];
            continue;
        }
        i = std::min(text.find('\001', i + 1), text.size());
    }
    return tools::printable(last_part(tools::with_port(without_marks, port_, shown_port_)));
}

nlohmann::ordered_json Stage::to_json() const {
    nlohmann::ordered_json ran = nlohmann::ordered_json::array();
    for (const Ran& each : ran_) {
        const std::size_t from = std::min(each.from, shown_.size());  // a flood loses its middle
        ran.push_back(
            {{"block", each.block},
             {"command", each.command},
             {"over", each.over},
             {"output", as_reader_sees(shown_.substr(from, std::max(each.to, from) - from))}});
    }
    return {{"stem", lesson_ == nullptr ? "" : lesson_->stem},
            {"block", block_},
            {"solution", whose_ == tutor::Part::solutions_server},
            {"state", job_         ? "building"
                      : !server_   ? "closed"
                      : port_ == 0 ? "opening"
                      : closing_   ? "closing"
                                   : "open"},
            {"note", note_},
            {"said", as_reader_sees(said_)},
            {"ran", std::move(ran)}};
}

}  // namespace web
