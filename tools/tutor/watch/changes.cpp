#include "watch/changes.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <system_error>

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

constexpr std::string_view no_events =
    "No file events arrive from this folder: the files are looked at five times a second.";

bool is_source(const fs::path& file) {
    constexpr std::array<std::string_view, 8> endings = {".cpp", ".hpp", ".h",   ".cc",
                                                         ".hh",  ".cxx", ".hxx", ".ipp"};
    const std::string name = file.filename().string();
    const bool of_editor = name.starts_with('.') || name.starts_with('#');
    return !of_editor &&
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
    if (descriptor_ < 0) return;
    constexpr std::uint32_t wanted =
        IN_CLOSE_WRITE | IN_MODIFY | IN_ATTRIB | IN_CREATE | IN_DELETE | IN_MOVE;
    if (::inotify_add_watch(descriptor_, folder.c_str(), wanted) < 0) {
        ::close(descriptor_);
        descriptor_ = -1;
    }
}

bool FolderEvents::take() {
    std::array<char, 4096> bytes = {};
    bool any = false;
    while (::read(descriptor_, bytes.data(), bytes.size()) > 0) any = true;
    return any;
}

#else

FolderEvents::FolderEvents(const fs::path& /*folder*/) {}

bool FolderEvents::take() {
    return false;
}

#endif

FolderEvents::~FolderEvents() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

Changes::Changes(fs::path folder) : folder_(std::move(folder)) {
    events_.emplace(folder_);
    if (events_->descriptor() < 0) give_up_events();
    told_ = seen_ = take_snapshot();
    due_ = Clock::now() + (events_ ? with_events : without_events);
}

void Changes::give_up_events() {
    events_.reset();
    remark_ = no_events;
}

Changes::Snapshot Changes::take_snapshot() {
    Snapshot snapshot;
    std::error_code error;
    fs::directory_iterator entries(folder_, error);
    there_ = !error;
    for (; !error && entries != fs::directory_iterator(); entries.increment(error)) {
        struct stat info = {};
        if (!is_source(entries->path()) || ::stat(entries->path().c_str(), &info) != 0) continue;
        if (!S_ISREG(info.st_mode)) continue;
        snapshot[entries->path().filename().string()] = {
            written_at(info), static_cast<std::uintmax_t>(info.st_size), info.st_ino};
    }
    return snapshot;
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
        due_ = now + (events_ ? with_events : without_events);
        return std::nullopt;
    }
    if (now < changed_at_ + patience()) {
        due_ = changed_at_ + patience();
        return std::nullopt;
    }
    if (events_ && !had_events_) give_up_events();
    told_ = seen_;
    had_events_ = false;
    due_ = now + (events_ ? with_events : without_events);
    // Files carry the time at which they were written; one that was copied with its old time, or
    // deleted, was saved just now.
    std::int64_t written = 0;
    for (const auto& [name, state] : told_) written = std::max(written, state.written);
    const auto ago = std::chrono::nanoseconds(now_as_written() - written);
    const bool believable = ago >= std::chrono::nanoseconds(0) && ago < std::chrono::seconds(5);
    return believable ? now - std::chrono::duration_cast<Clock::duration>(ago) : changed_at_;
}

}  // namespace tutor
