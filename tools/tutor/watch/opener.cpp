#include "tutor/watch/opener.hpp"

#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <string>

extern char** environ;  // NOLINT: POSIX wants it declared like this

namespace tutor {
namespace {

bool is_set(const char* name) {
    const char* value = std::getenv(name);
    return value != nullptr && *value != '\0';
}

bool has_desktop() {
#ifdef __APPLE__
    return true;
#else
    return is_set("DISPLAY") || is_set("WAYLAND_DISPLAY") || is_set("WSL_DISTRO_NAME");
#endif
}

// 3: there is nothing to open it with.
constexpr const char* opening_script = R"(
for program in "$BROWSER" wslview xdg-open open; do
  [ -n "$program" ] && command -v "$program" >/dev/null || continue
  $program "$1" &
  exit 0
done
exit 3
)";

// In a session of its own, in which the browser lives on.
int run_opening_script(std::string file) {
    std::string text = opening_script;
    std::array<char*, 6> words = {const_cast<char*>("sh"),
                                  const_cast<char*>("-c"),
                                  text.data(),
                                  const_cast<char*>("open"),
                                  file.data(),
                                  nullptr};
    posix_spawn_file_actions_t actions = {};
    posix_spawnattr_t attributes = {};
    ::posix_spawn_file_actions_init(&actions);
    ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDWR, 0);
    ::posix_spawn_file_actions_adddup2(&actions, 0, 1);
    ::posix_spawn_file_actions_adddup2(&actions, 0, 2);
    ::posix_spawnattr_init(&attributes);
    ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSID);
    pid_t shell = -1;
    const int error =
        ::posix_spawnp(&shell, words[0], &actions, &attributes, words.data(), environ);
    ::posix_spawnattr_destroy(&attributes);
    ::posix_spawn_file_actions_destroy(&actions);
    int status = 0;
    if (error == 0) {
        while (::waitpid(shell, &status, 0) < 0 && errno == EINTR) continue;
    }
    return error == 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

bool open_in_browser(const std::filesystem::path& file) {
    return (has_desktop() || is_set("BROWSER")) && run_opening_script(file.string()) == 0;
}

}  // namespace tutor
