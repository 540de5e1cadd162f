// Whether somebody has saved one of a lesson's files.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tutor {

// The kernel's word that something has happened in some folders, where it gives one (inotify).
class FolderEvents {
 public:
    // `folder` is the one that the others lie in.
    explicit FolderEvents(const std::filesystem::path& folder);
    FolderEvents(const FolderEvents&) = delete;
    FolderEvents& operator=(const FolderEvents&) = delete;
    ~FolderEvents();

    // From now on it is these; one that is not there is none. True when one of them was not watched
    // before, and of what happened in it so far there was no word.
    bool watch(const std::vector<std::filesystem::path>& folders);
    // To be polled; -1: there will be no events.
    int descriptor() const { return descriptor_; }
    // Whether there have been any since the last call.
    bool take();

 private:
    int descriptor_ = -1;
    std::map<std::filesystem::path, int> watched_;  // the kernel's number of each
};

// The sources in a lesson's folder, and in the folders below it.
//
// Editors save by writing, by truncating and writing, by renaming, several files at once: a save is
// over when the files have stayed as they are for a moment. What the files are is always looked up;
// events only tell when. When a change was seen that no event told of, as happens in network
// folders and in those that WSL shares with Windows, the files are looked at much more often.
class Changes {
 public:
    using Clock = std::chrono::steady_clock;

    explicit Changes(std::filesystem::path folder);

    // To be polled; -1: there will be no events.
    int descriptor() const { return events_ ? events_->descriptor() : -1; }
    // When to look next, whether there was an event or not.
    Clock::time_point due() const { return due_; }

    // Looks. When a save is over that was not yet told of: when it was made.
    std::optional<Clock::time_point> look();

    // Whether the folder is there.
    bool folder_is_there() const { return there_; }
    // What the learner should know of how we look; empty when there is nothing to say.
    std::string_view remark() const { return remark_; }

 private:
    struct State {
        std::int64_t written = 0;
        std::uintmax_t size = 0;
        std::uintmax_t number = 0;
        bool operator==(const State&) const = default;
    };
    using Snapshot = std::map<std::string, State>;

    Snapshot take_snapshot();
    void look_into(const std::filesystem::path& folder, Snapshot& snapshot) const;
    std::vector<std::filesystem::path> folders() const;
    Clock::duration until_next_look() const;
    Clock::duration patience() const;
    void give_up_events();

    std::filesystem::path folder_;
    std::optional<FolderEvents> events_;
    bool had_events_ = false;
    bool there_ = true;
    std::string_view remark_;
    Snapshot told_;  // what the last save left, as far as was told
    Snapshot seen_;
    Clock::time_point changed_at_;
    Clock::time_point due_;
};

}  // namespace tutor
