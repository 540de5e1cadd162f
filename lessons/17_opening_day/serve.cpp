// This lesson's server: opened and closed as those of the first lessons.
#include "shop/serve.hpp"

#include "shop/routes.hpp"

namespace shop {

int serve(const ServeOptions& options) {
    return serve_until_signal(options, add_routes);
}

}  // namespace shop
