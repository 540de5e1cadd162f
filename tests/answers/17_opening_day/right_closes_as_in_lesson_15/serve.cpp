// This lesson's server: what has to be closed is closed as in lesson 15.
#include "shop/serve.hpp"

#include "shop/routes.hpp"

namespace shop {

int serve(const ServeOptions& options) {
    return serve_until_signal(options, add_routes);
}

}  // namespace shop
