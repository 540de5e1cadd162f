// What the main() of every lesson's server does. Which database, and how the shop is served, are
// the lesson's: the main()s beside this say so.
#pragma once

#include <functional>

#include "open_database.hpp"
#include "shop/serve.hpp"

namespace server {

using Serve = std::function<int(const shop::ServeOptions& options)>;

// Reads the flags, has the database made or opened, and the shop served until Ctrl-C. Returns
// main()'s status, one of shop::ExitStatus. It starts no thread: which thread takes the signals is
// for `serve` to say.
int run_server(int argc, char** argv, const OpenDatabase& open_database, const Serve& serve);

}  // namespace server
