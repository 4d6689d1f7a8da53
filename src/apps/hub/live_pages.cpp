#include "live_pages.h"

#include <set>
#include <utility>
#include <vector>

#include "host_documents.h"

namespace wemol::hub {
namespace {

constexpr unsigned kNotAllowed = 1008;

}  // namespace

/// What outlives the others while clients are still there.
struct LivePages::Pages {
  struct Cached {
    std::uint64_t from = 0;
    std::uint64_t to = 0;
    serve::Text text;
  };

  /// Most clients have heard the same before.
  serve::Text changes_since(std::uint64_t from) {
    if (!cached.text || cached.from != from || cached.to != table->revision()) {
      cached = {from, table->revision(),
                serve::make_text(changes_json(table->changes_since(from)))};
    }
    return cached.text;
  }

  const HostTable* table = nullptr;  ///< null: the hub ends
  Cached cached;
  std::set<Page*> all;
};

class LivePages::Page : public serve::Dialog {
 public:
  Page(std::shared_ptr<Pages> pages, MayRead may_read)
      : pages_(std::move(pages)), may_read_(std::move(may_read)) {}

  void begun(serve::Talk& talk) override {
    talk_ = &talk;
    pages_->all.insert(this);
    tell();
  }
  void heard(std::string_view /*message*/) override {}
  void said() override { tell(); }
  void ended() override {
    talk_ = nullptr;
    pages_->all.erase(this);
  }

  void tell() {
    const bool is_new = !has_begun_;
    if (talk_ == nullptr || pages_->table == nullptr || talk_->is_busy() ||
        (!is_new && revision_ == pages_->table->revision())) {
      return;
    }
    const std::uint64_t from = std::exchange(revision_, pages_->table->revision());
    has_begun_ = true;
    talk_->say(pages_->changes_since(from));
  }
  void look() {
    if (talk_ != nullptr && !may_read_()) {
      talk_->hang_up(kNotAllowed, "log in again");
    }
  }

 private:
  std::shared_ptr<Pages> pages_;
  MayRead may_read_;
  serve::Talk* talk_ = nullptr;
  std::uint64_t revision_ = 0;
  bool has_begun_ = false;
};

LivePages::LivePages(boost::asio::io_context& context, const HostTable& table,
                     std::chrono::milliseconds shortest_pause)
    : pages_(std::make_shared<Pages>()), timer_(context), pause_(shortest_pause) {
  pages_->table = &table;
}

LivePages::~LivePages() {
  pages_->table = nullptr;
}

serve::Subscription LivePages::subscribe(MayRead may_read) {
  return {.topic = nullptr,
          .greeting = nullptr,
          .dialog = std::make_shared<Page>(pages_, std::move(may_read))};
}

std::size_t LivePages::clients() const {
  return pages_->all.size();
}

void LivePages::changed() {
  if (pages_->all.empty() || std::exchange(is_due_, true)) {
    return;
  }
  timer_.expires_after(pause_);
  timer_.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) {
      is_due_ = false;
      tell_all();
    }
  });
}

void LivePages::tell_all() {
  // A copy: one that does not read is dropped by being told.
  for (Page* const page : std::vector<Page*>(pages_->all.begin(), pages_->all.end())) {
    if (pages_->all.contains(page)) {
      page->tell();
    }
  }
}

void LivePages::look() {
  for (Page* const page : std::vector<Page*>(pages_->all.begin(), pages_->all.end())) {
    if (pages_->all.contains(page)) {
      page->look();
    }
  }
}

}  // namespace wemol::hub
