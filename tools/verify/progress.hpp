// How far something is that takes long.
#pragma once

#include <cstddef>
#include <string>

namespace verify {

// A bar on a terminal, elsewhere a line now and then. Used by one thread at a time.
class Progress {
 public:
    explicit Progress(std::size_t all);
    Progress(const Progress&) = delete;
    Progress& operator=(const Progress&) = delete;
    ~Progress() { clear(); }

    void show(std::size_t done, const std::string& words);
    // Before anything else is printed.
    void clear() const;

 private:
    std::size_t all_;
    bool on_terminal_;
    std::size_t next_ = 0;
};

}  // namespace verify
