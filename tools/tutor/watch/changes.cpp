#include "tutor/watch/changes.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <system_error>
#include <utility>

#ifdef __linux__
#include <sys/inotify.h>
#include <sys/vfs.h>
#endif

namespace fs = std::filesystem;

namespace tutor {
namespace {

using std::chrono::milliseconds;

constexpr auto settles = milliseconds(30);  // a save is over when nothing has changed for so long
constexpr auto half_written =
    milliseconds(1000);  // a file that is gone or empty is on its way back
constexpr auto with_events = milliseconds(1000);
constexpr auto without_events = milliseconds(200);

constexpr std::size_t most_folders = 100;  // somebody's build, rather than a lesson

constexpr std::string_view no_events =
    "No file events arrive from this folder: the files are looked at five times a second.";

// As editors' own files are.
bool is_hidden(const fs::path& file) {
    const std::string name = file.filename().string();
    return name.starts_with('.') || name.starts_with('#');
}

bool is_source(const fs::path& file) {
    constexpr std::array<std::string_view, 8> endings = {".cpp", ".hpp", ".h",   ".cc",
                                                         ".hh",  ".cxx", ".hxx", ".ipp"};
    return !is_hidden(file) &&
           std::find(endings.begin(), endings.end(), file.extension().string()) != endings.end();
}

std::int64_t written_at(const struct stat& file) {
#ifdef __APPLE__
    const timespec& time = file.st_mtimespec;
#else
    const timespec& time = file.st_mtim;
#endif
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

std::int64_t now_as_written() {
    timespec time = {};
    ::clock_gettime(CLOCK_REALTIME, &time);
    return std::int64_t{time.tv_sec} * 1'000'000'000 + time.tv_nsec;
}

#ifdef __linux__
// File systems that somebody else may write to: NFS, SMB, 9P (WSL's /mnt/c), FUSE, a virtual box's.
bool is_shared(const fs::path& folder) {
    constexpr std::array<std::uint32_t, 7> kinds = {0x6969,     0x517B,     0xFF534D42, 0xFE534D42,
                                                    0x01021997, 0x65735546, 0x786F4256};
    struct statfs info = {};
    if (::statfs(folder.c_str(), &info) != 0) return false;
    const auto kind = static_cast<std::uint32_t>(info.f_type);
    return std::find(kinds.begin(), kinds.end(), kind) != kinds.end();
}
#endif

}  // namespace

#ifdef __linux__

FolderEvents::FolderEvents(const fs::path& folder) {
    if (is_shared(folder)) return;
    descriptor_ = ::inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
}

bool FolderEvents::watch(const std::vector<fs::path>& folders) {
    constexpr std::uint32_t wanted =
        IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVE;
    if (descriptor_ < 0) return false;
    bool any_new = false;
    std::map<fs::path, int> now;
    for (const fs::path& folder : folders) {
        // The same folder has the same number again, another one in its place has not.
        const int number = ::inotify_add_watch(descriptor_, folder.c_str(), wanted);
        if (number < 0 && (errno == ENOENT || errno == ENOTDIR)) continue;
        if (number < 0) {
            ::close(std::exchange(descriptor_, -1));
            return false;
        }
        const auto before = watched_.find(folder);
        any_new = any_new || before == watched_.end() || before->second != number;
        now[folder] = number;
    }
    watched_ = std::move(now);
    return any_new;
}

bool FolderEvents::take() {
    std::array<char, 4096> bytes = {};
    bool any = false;
    while (::read(descriptor_, bytes.data(), bytes.size()) > 0) any = true;
    return any;
}

#else

FolderEvents::FolderEvents(const fs::path& /*folder*/) {}

bool FolderEvents::watch(const std::vector<fs::path>& /*folders*/) {
    return false;
}

bool FolderEvents::take() {
    return false;
}

#endif

FolderEvents::~FolderEvents() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Changes::Changes(fs::path folder) : folder_(std::move(folder)) {
    events_.emplace(folder_);
    told_ = seen_ = take_snapshot();
    had_events_ = false;
    due_ = Clock::now() + until_next_look();
}

Changes::Clock::duration Changes::until_next_look() const {
    return events_ && there_ ? with_events : without_events;
}

void Changes::give_up_events() {
    events_.reset();
    remark_ = no_events;
}

// The lesson's, and those below it.
std::vector<fs::path> Changes::folders() const {
    std::vector<fs::path> found = {folder_};
    std::error_code error;
    fs::recursive_directory_iterator entries(folder_, error);
    for (; !error && entries != fs::recursive_directory_iterator(); entries.increment(error)) {
        std::error_code gone;
        if (!entries->is_directory(gone) || entries->is_symlink(gone)) continue;
        if (found.size() == most_folders || is_hidden(entries->path())) {
            entries.disable_recursion_pending();
        } else {
            found.push_back(entries->path());
        }
    }
    return found;
}

Changes::Snapshot Changes::take_snapshot() {
    Snapshot snapshot;
    const std::vector<fs::path> all = folders();
    if (events_ && events_->watch(all)) had_events_ = true;
    if (events_ && events_->descriptor() < 0) give_up_events();
    for (const fs::path& folder : all) look_into(folder, snapshot);
    std::error_code error;
    there_ = fs::is_directory(folder_, error);
    return snapshot;
}

void Changes::look_into(const fs::path& folder, Snapshot& snapshot) const {
    std::error_code error;
    fs::directory_iterator entries(folder, error);
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        struct stat info = {};
        if (!is_source(entries->path()) || ::stat(entries->path().c_str(), &info) != 0) continue;
        if (!S_ISREG(info.st_mode)) continue;
        snapshot[entries->path().string()] = {
            written_at(info), static_cast<std::uintmax_t>(info.st_size), info.st_ino};
    }
}

Changes::Clock::duration Changes::patience() const {
    for (const auto& [name, before] : told_) {
        const auto now = seen_.find(name);
        if (now == seen_.end() || (now->second.size == 0 && before.size > 0)) return half_written;
    }
    return settles;
}

std::optional<Changes::Clock::time_point> Changes::look() {
    Snapshot snapshot = take_snapshot();
    if (events_ && events_->take()) had_events_ = true;
    const Clock::time_point now = Clock::now();
    if (snapshot != seen_) {
        seen_ = std::move(snapshot);
        changed_at_ = now;
    }
    if (seen_ == told_) {
        had_events_ = false;
        due_ = now + until_next_look();
        return std::nullopt;
    }
    if (now < changed_at_ + patience()) {
        due_ = changed_at_ + patience();
        return std::nullopt;
    }
    if (events_ && !had_events_) give_up_events();
    told_ = seen_;
    had_events_ = false;
    due_ = now + until_next_look();
    // Files carry the time at which they were written; one that was copied with its old time, or
    // deleted, was saved just now.
    std::int64_t written = 0;
    for (const auto& [name, state] : told_) written = std::max(written, state.written);
    const auto ago = std::chrono::nanoseconds(now_as_written() - written);
    const bool believable = ago >= std::chrono::nanoseconds(0) && ago < std::chrono::seconds(5);
    return believable ? now - std::chrono::duration_cast<Clock::duration>(ago) : changed_at_;
}

}  // namespace tutor
