// JSON whose objects keep their order, as pages are sent it.
#pragma once

#include <nlohmann/json_fwd.hpp>

namespace web {

using Json = nlohmann::ordered_json;

}  // namespace web
