// HTTP/1.1 servers and clients: `goro::http`, a library of its own beside `goro::goro` and `goro::net`.
#pragma once

#include "goro/http/client.hpp"
#include "goro/http/file_server.hpp"
#include "goro/http/handler.hpp"
#include "goro/http/headers.hpp"
#include "goro/http/middleware.hpp"
#include "goro/http/request.hpp"
#include "goro/http/response_writer.hpp"
#include "goro/http/router.hpp"
#include "goro/http/server.hpp"
#include "goro/http/status.hpp"
#include "goro/http/url.hpp"
