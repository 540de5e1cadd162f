// A shop on the stage: the lesson's server, open as the chapter has it, with a bank of its own, and a
// shell beside it, in a folder that goes with it.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "course/see_it.hpp"
#include "process/child.hpp"
#include "process/temporary_folder.hpp"
#include "web/json.hpp"
#include "web/metrics.hpp"
#include "web/stage_bank.hpp"

namespace web {

// Belongs to one thread.
class StageShop {
 public:
    // Opens `program` with the chapter's flags. Throws std::runtime_error.
    StageShop(const std::filesystem::path& program, tools::ShopCommand command);
    StageShop(const StageShop&) = delete;
    StageShop& operator=(const StageShop&) = delete;
    // Ends it, at once.
    ~StageShop();

    enum class State { opening, open, closing, closed };
    State state() const;
    bool is_open() const { return state() == State::open; }
    // While it is open.
    int port() const { return port_; }

    // Has the shell run it. The command before must be over.
    void run(const std::string& command);
    bool is_running() const { return !ran_.empty() && !ran_.back().over; }
    std::size_t commands() const { return ran_.size(); }

    // Asks it to close; when it was asked before it is killed.
    void close();
    // As kill -9 does.
    void kill();
    // After its end: once more, on the same database.
    void open_again();
    // Null when its bank is in its own process.
    StageBank* bank() { return bank_.get(); }

    // Takes up what was printed; whether there is anything new.
    bool look();
    // {"state", "note", "said", "outputs": [{"over", "text"}], "bank": {"waiting", "said"} or null, "seen"}
    Json to_json() const;

 private:
    struct Ran {
        std::size_t from = 0;  // of what the shell has printed
        std::size_t to = 0;
        bool over = false;
    };

    void start();
    void start_shell();
    bool read_server();
    bool read_shell();
    std::string in_folder(const std::string& text) const;
    std::string as_reader_sees(const std::string& text) const;

    tools::TemporaryFolder folder_;
    const std::filesystem::path program_;
    const tools::ShopCommand chapters_;
    std::string away_;  // a path outside the folder that the chapter has for the database
    std::filesystem::path database_;
    std::unique_ptr<StageBank> bank_;
    int port_ = 0;
    bool is_open_ = false;
    bool closing_ = false;
    std::string note_;
    std::string said_before_;  // by servers that have ended
    std::string said_;
    std::string shown_;  // by the shell
    std::vector<Ran> ran_;
    std::size_t looks_told_ = 0;
    std::optional<tools::Child> shell_;
    std::optional<tools::Child> server_;
    std::unique_ptr<Observer> observer_;
};

}  // namespace web
