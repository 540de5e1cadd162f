#include "postgres/private_server.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

extern char** environ;

namespace postgres {
namespace {

struct Pipe {
    Pipe() {
        std::array<int, 2> ends{};
        if (pipe(ends.data()) != 0) throw std::runtime_error("no pipe can be made");
        read_end = ends[0];
        write_end = ends[1];
        // No other program that this process starts is to hold them open.
        fcntl(read_end, F_SETFD, FD_CLOEXEC);
        fcntl(write_end, F_SETFD, FD_CLOEXEC);
    }
    int read_end = -1;
    int write_end = -1;
};

}  // namespace

PrivateServer::Keeper::Keeper(std::vector<std::string> words) {
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);

    const Pipe in;
    const Pipe out;
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, in.read_end, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, out.write_end, STDOUT_FILENO);
    const int status =
        posix_spawn(&process, words[0].c_str(), &actions, nullptr, arguments.data(), environ);
    posix_spawn_file_actions_destroy(&actions);
    close(in.read_end);
    close(out.write_end);
    to = fdopen(in.write_end, "w");
    from = fdopen(out.read_end, "r");
    if (status != 0) process = -1;  // and then it answers nothing
}

PrivateServer::Keeper::~Keeper() {
    std::fclose(to);
    std::fclose(from);
    if (process > 0) waitpid(process, nullptr, 0);
}

PrivateServer::PrivateServer(const std::vector<std::string>& settings, const std::string& folder)
    : keeper_(command(settings, folder)) {
    start();
}

std::vector<std::string> PrivateServer::command(const std::vector<std::string>& settings,
                                                const std::string& folder) {
    std::vector<std::string> words{LEAKLINGS_POSTGRES_KEEPER, LEAKLINGS_POSTGRES_PROGRAMS,
                                   LEAKLINGS_POSTGRES_TEMPLATES, LEAKLINGS_POSTGRES_SCHEMA, folder};
    words.insert(words.end(), settings.begin(), settings.end());
    return words;
}

void PrivateServer::stop() {
    ask("stop", "stopped");
}

void PrivateServer::start() {
    folder_ = ask("start", "ready ");
}

std::string PrivateServer::ask(const std::string& word, const std::string& expected) {
    std::fputs((word + "\n").c_str(), keeper_.to);
    std::fflush(keeper_.to);
    std::string answer;
    for (int c = 0; (c = std::fgetc(keeper_.from)) != EOF && c != '\n';)
        answer += static_cast<char>(c);
    if (!answer.starts_with(expected)) {
        throw std::runtime_error("PostgreSQL, told to " + word + ": " + answer);
    }
    return answer.substr(expected.size());
}

std::string PrivateServer::log() const {
    std::ifstream file(folder_ + "/log");
    return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace postgres
