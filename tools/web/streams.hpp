// The pages that are open and are told at once what is new: server-sent events.
//
// cpp-httplib gives a thread to each HTTP connection for as long as it is open, and a stream stays
// open. So there are only so many streams, and the server has more workers than that (see
// server.cpp): however many pages are open, the others are served. A page that nobody looks at
// closes its stream (page/live.js).
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace web {

// Thread safe.
class Streams {
 public:
    explicit Streams(std::size_t most) : most_(most) {}

    // The newest state takes the place of the one before: a stream that was slow is told the last one only.
    void publish(std::string state);
    // All end, and there will be no more.
    void close();
    std::size_t count() const;

    // A stream's place, which is free again when it is gone.
    class Seat {
     public:
        explicit Seat(Streams& streams) : streams_(streams) {}
        Seat(const Seat&) = delete;
        Seat& operator=(const Seat&) = delete;
        ~Seat();

        enum class News { state, none, end };
        // Waits for a state that this stream was not told yet, for so long at most. By one thread.
        News wait(std::chrono::milliseconds patience, std::string& state);

     private:
        Streams& streams_;
        std::uint64_t told_ = 0;
    };

    // Null when all places are taken, or it is over.
    std::shared_ptr<Seat> take_seat();

 private:
    const std::size_t most_;
    mutable std::mutex mutex_;
    std::condition_variable news_;
    std::size_t taken_ = 0;
    std::uint64_t number_ = 0;  // of the state; 0: there is none yet
    std::string state_;
    bool closed_ = false;
};

}  // namespace web
