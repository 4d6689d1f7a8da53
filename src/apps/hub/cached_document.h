#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "content_coding.h"
#include "router.h"
#include "workers.h"

namespace wemol::hub {

/// Compresses a JSON text in a worker, where the client takes that and it is worth it, and answers.
void respond_compressed(Workers& workers, const serve::Request& request, std::string json,
                        const serve::Respond& respond);

/// A JSON document that is made once for each revision of what it shows, and compressed once for
/// each coding that somebody asks for.
class CachedDocument {
 public:
  struct Source {
    std::function<std::uint64_t()> revision;
    std::function<std::string()> make;
    std::function<std::string()> etag;
  };

  CachedDocument(Source source, Workers& workers) : source_(std::move(source)), workers_(workers) {}

  void answer(const serve::Request& request, serve::Respond respond);

 private:
  struct Edition {
    std::uint64_t revision = 0;
    std::string etag;
    serve::Text plain;
    serve::Text gzip;
    serve::Text brotli;
    std::vector<serve::Respond> waiting_for_gzip;
    std::vector<serve::Respond> waiting_for_brotli;
  };
  using EditionPtr = std::shared_ptr<Edition>;

  void refresh();
  void compress(const EditionPtr& edition, serve::ContentCoding coding);

  Source source_;
  Workers& workers_;
  EditionPtr edition_;
};

}  // namespace wemol::hub
