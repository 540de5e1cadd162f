// Runs a test of the course, unless it has passed before with the same bytes. leaklings_add_test puts it before the
// tests of the preset `course`:
//
//   proven look ROOT BUILD       once, before all others: BUILD/proven/course says what the course is at this moment
//   proven run BUILD COMMAND...  runs COMMAND, has its exit status, and writes down that it passed
//
// The bytes are those of the course's files, and of the programs in BUILD, which are known by size, inode and times. What
// else is on the machine is not looked at: LEAKLINGS_ANEW=1 runs the test in any case. The idea is Bazel's.
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "stamp/stamp.hpp"

namespace fs = std::filesystem;

namespace {

constexpr int not_looked_at = 2;
constexpr int not_started = 127;  // as a shell says it

void write(const fs::path& path, const std::string& text) {
    fs::create_directories(path.parent_path());
    std::ofstream file(path, std::ios::binary);
    if (!(file << text).flush()) throw std::runtime_error(path.string() + " cannot be written");
}

// All but what is made from the rest, and what is the learner's and git's own.
std::vector<fs::path> places_of(const fs::path& root) {
    std::vector<fs::path> places;
    for (const auto& entry : fs::directory_iterator(root)) {
        const fs::path name = entry.path().filename();
        if (name != "build" && name != ".git" && name != ".learn") places.push_back(name);
    }
    return places;
}

int look(const fs::path& root, const fs::path& build) {
    std::string course;
    for (const stamp::File& file : stamp::look(root, places_of(root)))
        course += file.hash + ' ' + file.path.string() + '\n';
    for (const auto& entry : fs::directory_iterator(build / "bin")) {
        const bool is_program =  // and not what is noted beside one, how long its tests take
            (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
        if (!is_program) continue;
        course += stamp::identity_of(entry.path()) + ' ' + entry.path().filename().string() + '\n';
    }
    write(build / "proven" / "course", stamp::hash(course));
    return 0;
}

int exit_status_of(const std::vector<std::string>& command) {
    std::vector<char*> words;
    for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
    words.push_back(nullptr);
    const pid_t process = fork();
    if (process < 0) throw std::runtime_error(command.front() + " cannot be started");
    if (process == 0) {
#ifdef __linux__
        prctl(PR_SET_PDEATHSIG, SIGKILL);  // ctest ends this program when a test takes too long
#endif
        execvp(words.front(), words.data());
        _exit(not_started);
    }
    int status = 0;
    while (waitpid(process, &status, 0) < 0 && errno == EINTR) {
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int run(const fs::path& build, const std::vector<std::string>& command) {
    std::string words;
    for (const std::string& word : command) words += word + '\n';
    const std::string course = stamp::read(build / "proven" / "course");
    const fs::path record = build / "proven" / "tests" / stamp::hash(words);
    if (std::getenv("LEAKLINGS_ANEW") == nullptr && !course.empty() &&
        stamp::read(record) == course) {
        std::puts("It has passed before with the same bytes. LEAKLINGS_ANEW=1 runs it again.");
        return 0;
    }
    fs::remove(record);
    const int status = exit_status_of(command);
    if (status == 0) write(record, course);
    return status;
}

}  // namespace

int main(int argc, char** argv) try {
    const std::vector<std::string> words(argv + 1, argv + argc);
    if (words.size() == 3 && words[0] == "look") return look(words[1], words[2]);
    if (words.size() >= 3 && words[0] == "run")
        return run(words[1], {words.begin() + 2, words.end()});
    std::fputs("proven look ROOT BUILD | run BUILD COMMAND...: see tools/proven/main.cpp\n",
               stderr);
    return not_looked_at;
} catch (const std::exception& error) {
    std::fprintf(stderr, "proven: %s\n", error.what());
    return not_looked_at;
}
