// One end of a line between two processes, on which each says whole lines of text.
#pragma once

#include <optional>
#include <string>

namespace support {

// Owns a socket. `write` is thread safe; `read` is for one thread at a time.
class Channel {
 public:
    enum class Waits { patiently, for_ever, not_at_all };
    explicit Channel(int socket, Waits waits = Waits::patiently) : socket_(socket), waits_(waits) {}
    Channel(const Channel&) = delete;
    Channel& operator=(const Channel&) = delete;
    ~Channel();

    // Does nothing when the other side is gone.
    void write(const std::string& text);

    // The next line; nothing when the other side is gone,
    // or has said nothing for as long as this end waits.
    std::optional<std::string> read();
    bool is_down() const { return is_down_; }
    int socket() const { return socket_; }

 private:
    int socket_;
    Waits waits_;
    bool is_down_ = false;
    std::string received_;
};

}  // namespace support
