#include "page_routes.h"

#include "page_files.h"

namespace wemol::hub {
namespace {

using serve::Request;
using serve::Response;

serve::Text text_or_none(std::string_view bytes) {
  return bytes.empty() ? nullptr : serve::make_text(std::string(bytes));
}

Response page_response(const PageFile& file) {
  Response response;
  response.body = serve::make_text(std::string(file.identity));
  response.content_type = file.content_type;
  response.etag = file.etag;
  response.gzip = text_or_none(file.gzip);
  response.brotli = text_or_none(file.brotli);
  response.headers = {
      {"Cache-Control", file.is_immutable ? "public, max-age=31536000, immutable" : "no-cache"},
      {"Content-Security-Policy", std::string(page_security_policy())}};
  return response;
}

}  // namespace

void add_page(serve::Router& router) {
  for (const PageFile& file : page_files()) {
    const Response response = page_response(file);
    const auto answer = [response](const Request& /*request*/) -> Response {
      return Response(response);
    };
    router.add("GET", "/" + std::string(file.path), answer);
    if (file.path == "index.html") {
      router.add("GET", "/", answer);
    }
  }
  if (page_files().empty()) {
    router.add("GET", "/", [](const Request& /*request*/) {
      Response response;
      response.content_type = "text/plain; charset=utf-8";
      response.body =
          serve::make_text("This wemol-hub was built without its page; the API is at /api.\n");
      return response;
    });
  }
}

}  // namespace wemol::hub
