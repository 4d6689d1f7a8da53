#include "cached_document.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace wemol::hub {
namespace {

using serve::ContentCoding;
using serve::Text;

/// Below, it does not pay.
constexpr std::size_t kWorthIt = 1024;

Text coded(const SharedText& text, ContentCoding coding) {
  switch (coding) {
    case ContentCoding::gzip:
      return serve::make_text(serve::gzip_text(text.parts()));
    case ContentCoding::brotli:
      return serve::make_text(serve::brotli_text(text.parts()));
    case ContentCoding::identity:
      break;
  }
  return serve::make_text(text.joined());
}

serve::Response response_of(const Text& text, ContentCoding coding) {
  serve::Response response;
  response.has_codings = true;
  (coding == ContentCoding::gzip     ? response.gzip
   : coding == ContentCoding::brotli ? response.brotli
                                     : response.body) = text;
  return response;
}

serve::Response document(const std::string& etag, const Text& text, ContentCoding coding) {
  serve::Response response = response_of(text, coding);
  response.etag = etag;
  response.headers = {{"Cache-Control", "no-cache"}};
  return response;
}

ContentCoding coding_for(const serve::Request& request, std::size_t bytes) {
  return bytes < kWorthIt ? ContentCoding::identity
                          : serve::choose_coding(request.header("Accept-Encoding"), true, true);
}

}  // namespace

serve::Response too_busy() {
  serve::Response response = serve::error_response(503, "the hub is busy; ask again");
  response.headers.emplace_back("Retry-After", "5");
  return response;
}

void respond_compressed(Workers& workers, const serve::Request& request, std::string json,
                        const serve::Respond& respond) {
  const ContentCoding coding = coding_for(request, json.size());
  auto text = std::make_shared<SharedText>();
  text->add(std::move(json));
  const auto answer = [text, coding, respond](const std::optional<Text>& made) {
    respond(made ? response_of(*made, coding)
                 : response_of(serve::make_text(text->joined()), ContentCoding::identity));
  };
  const bool is_plain = coding == ContentCoding::identity;
  if (is_plain || !workers.run([text, coding] { return coded(*text, coding); }, answer)) {
    answer(std::nullopt);
  }
}

void CachedDocument::look() {
  if (!std::exchange(was_asked_, false)) {
    edition_.reset();
  }
}

bool CachedDocument::Edition::is_being_made() const {
  return std::ranges::any_of(forms, [](const Form& form) { return !form.waiting.empty(); });
}

void CachedDocument::renew() {
  edition_ = std::make_shared<Edition>();
  edition_->revision = source_.revision();
  edition_->etag = source_.etag();
  edition_->parts = source_.make();
  edition_->bytes = edition_->parts.size();
}

ContentCoding CachedDocument::refresh(const serve::Request& request) {
  if (!edition_ || (edition_->revision != source_.revision() && !edition_->is_being_made())) {
    renew();
  }
  const ContentCoding coding = coding_for(request, edition_->bytes);
  if (!edition_->form(coding).text && edition_->parts.size() == 0) {
    renew();  // it was made in another coding only
  }
  return coding;
}

void CachedDocument::answer(const serve::Request& request, serve::Respond respond) {
  was_asked_ = true;
  const std::string etag = source_.etag();
  if (serve::has_entity_tag(request.header("If-None-Match"), etag)) {
    // Nothing need be made to say that it is the same.
    respond(document(etag, nullptr, ContentCoding::identity));
    return;
  }
  const ContentCoding coding = refresh(request);
  Form& form = edition_->form(coding);
  if (form.text) {
    respond(document(edition_->etag, form.text, coding));
    return;
  }
  form.waiting.push_back(std::move(respond));
  if (form.waiting.size() == 1) {
    make(coding);
  }
}

void CachedDocument::make(ContentCoding coding) {
  const auto done = [edition = edition_, coding](const std::optional<Text>& text) {
    Form& form = edition->form(coding);
    form.text = text.value_or(nullptr);
    for (const serve::Respond& respond : std::exchange(form.waiting, {})) {
      respond(form.text ? document(edition->etag, form.text, coding) : too_busy());
    }
    if (!edition->is_being_made()) {
      edition->parts = {};  // reports that others would have let go of by now
    }
  };
  if (!workers_.run([edition = edition_, coding] { return coded(edition->parts, coding); }, done)) {
    done(std::nullopt);
  }
}

}  // namespace wemol::hub
