// Keeps a PostgreSQL of its own for the process that started it: in a folder of its own, on a Unix
// socket there and on no network, as a user that is not root, with nothing of it left when the one
// that wanted it is gone, however it ended.
//
//     postgres_keeper <folder with initdb and postgres> <folder for templates> <schema.sql>
//                     [setting=value]...
//
// It obeys words, a line each, on standard input, and answers each with a line when it is done:
//   start      "ready <folder>", the host of an address
//   stop       "stopped": at once, as `systemctl restart` does it (a "fast" shutdown, which ends
//              connections)
// and "failed <why>" when it cannot be done. The end of its input is its own.
#include <fcntl.h>
#include <fmt/format.h>
#include <grp.h>
#include <pwd.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace fs = std::filesystem;

namespace {

using Words = std::vector<std::string>;

// Whom PostgreSQL runs as: it refuses to be root.
struct Account {
    uid_t user = getuid();
    gid_t group = getgid();
};

Account unprivileged() {
    if (getuid() != 0) return {};
    for (const char* name : {"postgres", "nobody"}) {
        if (const passwd* found = getpwnam(name)) return {found->pw_uid, found->pw_gid};
    }
    throw std::runtime_error("PostgreSQL does not run as root, and there is no other user");
}

// In a child: becomes the program. Its output goes to `log`.
[[noreturn]] void become(const Words& words, const Account& account, const fs::path& log) {
    const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0644);
    const int input = open("/dev/null", O_RDONLY);
    dup2(input, STDIN_FILENO);
    dup2(output, STDOUT_FILENO);
    dup2(output, STDERR_FILENO);
    if (getuid() == 0 &&
        (setgroups(0, nullptr) != 0 || setgid(account.group) != 0 || setuid(account.user) != 0)) {
        _exit(126);
    }
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGQUIT);  // after setuid, which forgets it
#endif
    if (chdir("/") != 0) _exit(126);
    std::vector<char*> arguments;
    for (const std::string& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
    arguments.push_back(nullptr);
    execv(arguments[0], arguments.data());
    _exit(127);
}

std::string end_of(const fs::path& log) {
    std::ifstream file(log);
    std::string text(std::istreambuf_iterator<char>(file), {});
    for (char& c : text) c = c == '\n' ? ' ' : c;
    return text.size() > 600 ? text.substr(text.size() - 600) : text;
}

void run(const Words& words, const Account& account, const fs::path& log) {
    const pid_t child = fork();
    if (child == 0) become(words, account, log);
    int status = 0;
    if (child < 0 || waitpid(child, &status, 0) != child || status != 0) {
        throw std::runtime_error(words[0] + " has failed: " + end_of(log));
    }
}

void give_to(const Account& account, const fs::path& folder) {
    if (getuid() != 0) return;
    const auto give = [&](const fs::path& path) {
        if (lchown(path.c_str(), account.user, account.group) != 0) {
            throw std::runtime_error(path.string() + " cannot be given to PostgreSQL's user");
        }
    };
    give(folder);
    for (const auto& entry : fs::recursive_directory_iterator(folder)) give(entry.path());
}

// In memory, if there is room for many: a database that is thrown away need not come to a disk.
bool is_roomy(const fs::path& memory) {
    constexpr std::uintmax_t many_databases = 512UL * 1024 * 1024;
    std::error_code not_there;
    const fs::space_info space = fs::space(memory, not_there);
    return !not_there && space.available >= many_databases &&
           access(memory.c_str(), W_OK | X_OK) == 0;
}

// Where a user who is not root gets to: root's own TMPDIR may be closed to all others.
fs::path new_folder(const fs::path& wish) {
    if (!wish.empty()) {
        if (mkdir(wish.c_str(), 0700) != 0) {
            throw std::runtime_error(wish.string() + " cannot be made, or is there already");
        }
        return wish;
    }
    const fs::path memory = "/dev/shm";
    const fs::path place = is_roomy(memory) ? memory
                           : getuid() == 0  ? "/tmp"
                                            : fs::temp_directory_path();
    std::string name = (place / "leaklings-pg-XXXXXX").string();
    if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("no folder can be made");
    return name;
}

class Keeper {
 public:
    Keeper(fs::path programs, fs::path templates, fs::path schema, fs::path wish, Words settings)
        : programs_(std::move(programs)),
          templates_(std::move(templates)),
          schema_(std::move(schema)),
          wish_(std::move(wish)),
          settings_(std::move(settings)) {}
    Keeper(const Keeper&) = delete;
    Keeper& operator=(const Keeper&) = delete;
    ~Keeper() {
        end(SIGQUIT);  // what it has is thrown away
        std::error_code ignored;
        fs::remove_all(folder_, ignored);
    }

    fs::path start() {
        if (process_ > 0) throw std::runtime_error("it runs already");
        if (folder_.empty()) make_data();
        Words words{(programs_ / "postgres").string(),
                    "-D",
                    (folder_ / "data").string(),
                    "-c",
                    "listen_addresses=",
                    "-c",
                    "unix_socket_directories=" + folder_.string(),
                    "-c",
                    "fsync=off"};
        for (const std::string& setting : settings_) words.insert(words.end(), {"-c", setting});
        const fs::path log = folder_ / "log";
        process_ = fork();
        if (process_ == 0) become(words, account_, log);
        await_readiness(log);
        return folder_;
    }

    void stop() { end(SIGINT); }

 private:
    // initdb takes most of a second, so it is done once for all, and copied.
    void make_data() {
        account_ = unprivileged();
        folder_ = new_folder(wish_);
        give_to(account_, folder_);
        fs::create_directories(templates_);
        const int lock = open((templates_ / "lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0644);
        flock(lock, LOCK_EX);  // until this process closes it
        const fs::path ready = templates_ / "data";
        if (!fs::exists(ready / "made of") || made_of(ready) != what_it_is_made_of()) {
            make_template(ready);
        }
        fs::copy(ready, folder_ / "data", fs::copy_options::recursive);
        fs::remove(folder_ / "data" / "made of");
        close(lock);
        give_to(account_, folder_ / "data");
        chmod((folder_ / "data").c_str(), 0700);
    }

    std::string what_it_is_made_of() const {
        std::ifstream file(schema_);
        return programs_.string() + "\n" + std::string(std::istreambuf_iterator<char>(file), {});
    }
    static std::string made_of(const fs::path& ready) {
        std::ifstream file(ready / "made of");
        return std::string(std::istreambuf_iterator<char>(file), {});
    }

    void make_template(const fs::path& ready) {
        fs::remove_all(ready);
        const fs::path log = folder_ / "log";
        const fs::path data = folder_ / "new";
        run({(programs_ / "initdb").string(), "-D", data.string(), "--no-sync", "--auth=trust",
             "--username=keeper", "--encoding=UTF8", "--locale=C", "--wal-segsize=1"},
            account_, log);
        // The tables are made without a server, in the database that initdb has made.
        const fs::path statements = folder_ / "schema.sql";
        fs::copy_file(schema_, statements);
        chmod(statements.c_str(), 0644);
        run({"/bin/sh", "-c", R"("$0" --single -D "$1" -c exit_on_error=on postgres < "$2")",
             (programs_ / "postgres").string(), data.string(), one_line_each(statements)},
            account_, log);
        const fs::path half = templates_ / "half";
        fs::remove_all(half);
        fs::copy(data, half, fs::copy_options::recursive);
        std::ofstream(half / "made of") << what_it_is_made_of();
        fs::rename(half, ready);
        fs::remove_all(data);
    }

    // As --single reads it: a statement ends with its line, and comments with theirs. The databases
    // that are there to be copied by CREATE DATABASE go: they are two thirds of the files.
    static std::string one_line_each(const fs::path& sql) {
        std::ifstream in(sql);
        std::string text =
            "UPDATE pg_database SET datistemplate = false;\n"
            "DROP DATABASE template1;\nDROP DATABASE template0;\n";
        for (std::string line; std::getline(in, line);) {
            if (line.starts_with("--")) continue;
            text += line;
            if (line.ends_with(";")) text += '\n';
        }
        const fs::path result = sql.string() + ".lines";
        std::ofstream(result) << text;
        chmod(result.c_str(), 0644);
        return result.string();
    }

    // The last line of postmaster.pid is "ready" when it takes connections.
    void await_readiness(const fs::path& log) {
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (std::chrono::steady_clock::now() < deadline) {
            if (waitpid(process_, nullptr, WNOHANG) == process_) {
                process_ = -1;
                throw std::runtime_error("PostgreSQL ended: " + end_of(log));
            }
            std::ifstream file(folder_ / "data" / "postmaster.pid");
            const std::string text(std::istreambuf_iterator<char>(file), {});
            if (text.starts_with(fmt::format("{}\n", process_)) &&
                text.find("\nready") != std::string::npos) {
                return;
            }
            std::this_thread::sleep_for(std::chrono::milliseconds(2));
        }
        throw std::runtime_error("PostgreSQL is not ready in time: " + end_of(log));
    }

    void end(int signal) {
        if (process_ <= 0) return;
        kill(process_, signal);
        waitpid(process_, nullptr, 0);
        process_ = -1;
    }

    const fs::path programs_;
    const fs::path templates_;
    const fs::path schema_;
    const fs::path wish_;
    const Words settings_;
    Account account_;
    fs::path folder_;
    pid_t process_ = -1;
};

void say(const std::string& line) {
    std::fputs((line + "\n").c_str(), stdout);
    std::fflush(stdout);
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 5) {
        std::fputs("usage: postgres_keeper PROGRAMS TEMPLATES SCHEMA FOLDER [setting=value]...\n",
                   stderr);
        return 2;
    }
    // A program that ends its own group of processes, or its terminal's,
    // is not to end the one that cleans up after it.
    setsid();
    std::signal(SIGPIPE, SIG_IGN);
    std::signal(SIGINT, SIG_IGN);
    std::signal(SIGTERM, SIG_IGN);
    Keeper keeper(argv[1], argv[2], argv[3], argv[4], Words(argv + 5, argv + argc));
    for (std::string word; std::getline(std::cin, word);) {
        try {
            if (word == "start") {
                say("ready " + keeper.start().string());
            } else if (word == "stop") {
                keeper.stop();
                say("stopped");
            } else {
                say("failed no such word");
            }
        } catch (const std::exception& error) {
            say(std::string("failed ") + error.what());
        }
    }
    return 0;
}
