// This lesson's server: its own shop, opened and closed as serve.hpp says.
#include "serve.hpp"

#include "open_shop.hpp"

namespace shop {

int serve(const ServeOptions& options) {
    return serve(options, open_shop);
}

}  // namespace shop
