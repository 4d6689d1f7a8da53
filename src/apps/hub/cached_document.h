#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "content_coding.h"
#include "router.h"
#include "shared_text.h"
#include "workers.h"

namespace wemol::hub {

/// 503 with Retry-After: more waits for the workers than they take.
[[nodiscard]] serve::Response too_busy();

/// Compresses a JSON text in a worker, where the client takes that and it is worth it, and answers.
void respond_compressed(Workers& workers, const serve::Request& request, std::string json,
                        const serve::Respond& respond);

/// A JSON document that may be large: for each revision of what it shows its text is made once in
/// each coding that somebody asks for, by a worker.
class CachedDocument {
 public:
  struct Source {
    std::function<std::uint64_t()> revision;
    std::function<SharedText()> make;
    std::function<std::string()> etag;
  };

  CachedDocument(Source source, Workers& workers) : source_(std::move(source)), workers_(workers) {}

  /// While a text is being made, whoever asks gets that one too, whatever has changed since: many
  /// that ask at different moments cost no more than one after the other.
  void answer(const serve::Request& request, serve::Respond respond);
  /// Lets go of the texts, which may be 100 MiB, if nobody has asked since the last look.
  void look();

 private:
  /// The text in one coding.
  struct Form {
    serve::Text text;
    std::vector<serve::Respond> waiting;
  };
  struct Edition {
    std::uint64_t revision = 0;
    std::string etag;
    std::size_t bytes = 0;
    SharedText parts;           ///< none once nobody waits
    std::array<Form, 3> forms;  ///< by serve::ContentCoding

    [[nodiscard]] Form& form(serve::ContentCoding coding) {
      return forms.at(static_cast<std::size_t>(coding));
    }
    [[nodiscard]] bool is_being_made() const;
  };
  using EditionPtr = std::shared_ptr<Edition>;

  void renew();
  /// Has an edition ready from which the request can be answered, in the coding that it returns.
  [[nodiscard]] serve::ContentCoding refresh(const serve::Request& request);
  void make(serve::ContentCoding coding);

  Source source_;
  Workers& workers_;
  EditionPtr edition_;
  bool was_asked_ = false;
};

}  // namespace wemol::hub
