// A PostgreSQL of one's own, with the shop's tables in it: started from the system's packages in a
// new folder, on a Unix socket and no network, fit to be thrown away (it does not wait for the
// disk). It is gone, and its folder with it, when this object is, or when this process has ended in
// any way: keeper.cpp sees to that.
#pragma once

#include <sys/types.h>

#include <cstdio>
#include <string>
#include <vector>

namespace postgres {

// Where the server in that folder has the shop's tables, for a role that may log in.
inline std::string address_in(const std::string& folder, const std::string& role = "shop") {
    return "host=" + folder + " dbname=postgres user=" + role;
}

// Not thread safe.
class PrivateServer {
 public:
    // Runs when it returns; takes some 0.2 s, and the first time on a machine a second. `settings`
    // are PostgreSQL's: "max_connections=20". `folder` is not there yet; it is one in the system's
    // temporary folder if it is empty. Throws std::runtime_error.
    explicit PrivateServer(const std::vector<std::string>& settings = {},
                           const std::string& folder = {});
    // Ends every connection, as a restart of the service does,
    // also in the middle of a statement: a "fast" shutdown.
    void stop();
    void start();

    // For a role that may log in: the shop's own, or a superuser.
    std::string address(const std::string& role = "shop") const {
        return address_in(folder_, role);
    }
    std::string keepers_address() const { return address("keeper"); }
    // What it has written down so far.
    std::string log() const;

 private:
    // The program that starts, stops and cleans up. Ends with this.
    struct Keeper {
        explicit Keeper(std::vector<std::string> words);
        Keeper(const Keeper&) = delete;
        Keeper& operator=(const Keeper&) = delete;
        ~Keeper();
        pid_t process = -1;
        std::FILE* to = nullptr;
        std::FILE* from = nullptr;
    };
    static std::vector<std::string> command(const std::vector<std::string>& settings,
                                            const std::string& folder);
    std::string ask(const std::string& word, const std::string& expected);

    Keeper keeper_;
    std::string folder_;
};

}  // namespace postgres
