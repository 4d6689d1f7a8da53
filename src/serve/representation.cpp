#include "representation.h"

#include <utility>

#include "content_coding.h"

namespace wemol::serve {
namespace {

constexpr unsigned kOk = 200;
constexpr unsigned kNotModified = 304;

bool is_read(const Request& request) {
  return request.method == "GET" || request.method == "HEAD";
}

/// Weak: the compressed forms of a content have its tag, too.
std::string weak(const std::string& etag) {
  return etag.starts_with("W/") ? etag : "W/" + etag;
}

}  // namespace

Response represented(Response response, const Request& request) {
  if (response.status != kOk) {
    return response;
  }
  const bool has_codings = response.gzip || response.brotli || response.has_codings;
  if (has_codings) {
    response.headers.emplace_back("Vary", "Accept-Encoding");
  }
  if (!response.etag.empty()) {
    response.headers.emplace_back("ETag", has_codings ? weak(response.etag) : response.etag);
    if (is_read(request) && has_entity_tag(request.header("If-None-Match"), response.etag)) {
      response.status = kNotModified;
      response.body.reset();
      return response;
    }
  }
  switch (choose_coding(request.header("Accept-Encoding"), response.gzip != nullptr,
                        response.brotli != nullptr)) {
    case ContentCoding::gzip:
      response.body = std::move(response.gzip);
      response.headers.emplace_back("Content-Encoding", "gzip");
      break;
    case ContentCoding::brotli:
      response.body = std::move(response.brotli);
      response.headers.emplace_back("Content-Encoding", "br");
      break;
    case ContentCoding::identity:
      break;
  }
  return response;
}

}  // namespace wemol::serve
