#include "cached_document.h"

#include <utility>

namespace wemol::hub {
namespace {

using serve::ContentCoding;
using serve::Text;

/// Below, it does not pay.
constexpr std::size_t kWorthIt = 1024;

Text compressed(const std::string& text, ContentCoding coding) {
  return serve::make_text(coding == ContentCoding::gzip ? serve::gzip_text(text)
                                                        : serve::brotli_text(text));
}

serve::Response document(const std::string& etag, const Text& plain) {
  serve::Response response;
  response.body = plain;
  response.etag = etag;
  response.has_codings = true;
  response.headers = {{"Cache-Control", "no-cache"}};
  return response;
}

ContentCoding coding_for(const serve::Request& request, std::size_t bytes) {
  return bytes < kWorthIt ? ContentCoding::identity
                          : serve::choose_coding(request.header("Accept-Encoding"), true, true);
}

}  // namespace

void respond_compressed(Workers& workers, const serve::Request& request, std::string json,
                        const serve::Respond& respond) {
  const ContentCoding coding = coding_for(request, json.size());
  const Text plain = serve::make_text(std::move(json));
  const auto answer = [plain, coding, respond](const std::optional<Text>& text) {
    serve::Response response;
    response.body = plain;
    response.has_codings = true;
    (coding == ContentCoding::gzip ? response.gzip : response.brotli) = text.value_or(nullptr);
    respond(std::move(response));
  };
  const bool is_plain = coding == ContentCoding::identity;
  if (is_plain || !workers.run([plain, coding] { return compressed(*plain, coding); }, answer)) {
    answer(std::nullopt);
  }
}

void CachedDocument::refresh() {
  const std::uint64_t revision = source_.revision();
  if (!edition_ || edition_->revision != revision) {
    edition_ = std::make_shared<Edition>();
    edition_->revision = revision;
    edition_->etag = source_.etag();
    edition_->plain = serve::make_text(source_.make());
  }
}

void CachedDocument::answer(const serve::Request& request, serve::Respond respond) {
  const std::string etag = source_.etag();
  if (serve::has_entity_tag(request.header("If-None-Match"), etag)) {
    // Nothing need be made to say that it is the same.
    respond(document(etag, nullptr));
    return;
  }
  refresh();
  const ContentCoding coding = coding_for(request, edition_->plain->size());
  Text& ready = coding == ContentCoding::gzip ? edition_->gzip : edition_->brotli;
  if (coding == ContentCoding::identity || ready) {
    serve::Response response = document(edition_->etag, edition_->plain);
    response.gzip = edition_->gzip;
    response.brotli = edition_->brotli;
    respond(std::move(response));
    return;
  }
  auto& waiting =
      coding == ContentCoding::gzip ? edition_->waiting_for_gzip : edition_->waiting_for_brotli;
  waiting.push_back(std::move(respond));
  if (waiting.size() == 1) {
    compress(edition_, coding);
  }
}

void CachedDocument::compress(const EditionPtr& edition, ContentCoding coding) {
  const auto done = [edition, coding](const std::optional<Text>& text) {
    const bool is_gzip = coding == ContentCoding::gzip;
    (is_gzip ? edition->gzip : edition->brotli) = text.value_or(nullptr);
    auto waiting = std::move(is_gzip ? edition->waiting_for_gzip : edition->waiting_for_brotli);
    for (const serve::Respond& respond : waiting) {
      serve::Response response = document(edition->etag, edition->plain);
      response.gzip = edition->gzip;
      response.brotli = edition->brotli;
      respond(std::move(response));
    }
    (is_gzip ? edition->waiting_for_gzip : edition->waiting_for_brotli).clear();
  };
  const auto job = [plain = edition->plain, coding] { return compressed(*plain, coding); };
  if (!workers_.run(job, done)) {
    done(std::nullopt);
  }
}

}  // namespace wemol::hub
