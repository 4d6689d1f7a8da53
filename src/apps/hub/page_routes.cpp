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

/// The page's links are relative, so that it works below any path.
Response to_the_base(const std::string& base_path) {
  Response response;
  response.status = 308;
  response.headers.emplace_back("Location", base_path + "/");
  return response;
}

}  // namespace

void add_page(serve::Router& router, const std::string& base_path) {
  for (const PageFile& file : page_files()) {
    const Response response = page_response(file);
    const auto answer = [response](const Request& /*request*/) {
      Response copy = response;
      return copy;
    };
    router.add("GET", "/" + std::string(file.path), answer);
    if (file.path == "index.html") {
      router.add("GET", "/", answer);
    }
  }
  if (!base_path.empty()) {
    router.add("GET", base_path,
               [base_path](const Request& /*request*/) { return to_the_base(base_path); });
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
