// A customer's end of a connection, by hand: how much she reads of an answer, when she stops, and
// when she hangs up.
#pragma once

#include <string>
#include <string_view>

namespace support {

// An answer as it came over the wire, its chunks taken out of their wrapping.
struct Transfer {
    int status = 0;
    std::string body;
    bool is_complete = false;  // its last chunk came, or as many bytes as were announced
};

// Takes in little that she has not read: about 256 KB. Used by one thread at a time. Waits no
// longer than `patience()` for anything, and has then read less than she wanted.
class RawClient {
 public:
    // When nobody listens there, all that she reads is empty.
    explicit RawClient(int port);
    RawClient(const RawClient&) = delete;
    RawClient& operator=(const RawClient&) = delete;
    ~RawClient() { hangs_up(); }

    // Sends "GET /items.ndjson" and what belongs to it,
    // and that this is the connection's last request.
    void asks(std::string_view method_and_path);
    // Sends these bytes: a request of one's own, or a piece of one.
    void sends(std::string_view bytes);
    // She sends no more, and goes on listening.
    void says_no_more();

    // Reads until `mark`, or as many bytes, have been read of the whole answer, its headers among
    // them; or until the connection has ended.
    void reads_until(std::string_view mark);
    void reads(std::size_t bytes);
    // Reads on to the connection's end.
    Transfer reads_to_the_end();

    // Everything read so far.
    const std::string& received() const { return received_; }
    // Forgets it, before the next answer on the same connection.
    void turns_the_page() { received_.clear(); }

    // Whether the shop has hung up, as far as can be seen now. She reads nothing to find out.
    bool is_hung_up_on() const;

    // Without reading the rest.
    void hangs_up();

 private:
    bool reads_more(std::size_t at_most);

    int socket_;
    std::string received_;
};

}  // namespace support
