#include "uni_id_document.h"

#include <algorithm>

namespace wemol::queue {
namespace {

using Json = UniIdDocument::Json;

/// Puts the document together from what the parser meets.
class Builder : public nlohmann::json_sax<Json> {
 public:
  explicit Builder(UniIdDocument& document) : document_(document) {}

  bool null() override { return add(Json()); }
  bool boolean(bool value) override { return add(value); }
  bool number_integer(number_integer_t value) override { return add(value); }
  bool number_unsigned(number_unsigned_t value) override { return add(value); }
  bool number_float(number_float_t value, const string_t& /*text*/) override { return add(value); }
  bool string(string_t& value) override { return add(std::move(value)); }
  bool binary(binary_t& /*value*/) override { return false; }

  bool start_object(std::size_t /*members*/) override {
    if (!is_in_document_) {
      return is_in_document_ = true;
    }
    return open(Json::object());
  }
  bool start_array(std::size_t /*values*/) override {
    return is_in_document_ && open(Json::array());
  }
  bool key(string_t& key) override {
    key_ = std::move(key);
    return true;
  }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }
  bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                   const nlohmann::json::exception& /*error*/) override {
    return false;
  }

 private:
  struct Open {
    std::string key;  ///< of its own, in what is around it
    Json value;
  };

  bool open(Json value) {
    open_.push_back({std::move(key_), std::move(value)});
    return true;
  }

  bool close() {
    if (open_.empty()) {
      return true;  // the document itself
    }
    constexpr std::size_t kDeepest = 64;
    const bool is_too_deep = open_.size() > kDeepest;
    Open closed = std::move(open_.back());
    open_.pop_back();
    key_ = std::move(closed.key);
    return is_too_deep || add(std::move(closed.value));
  }

  bool add(Json value) {
    if (open_.empty()) {
      if (is_in_document_) {
        document_[key_] = std::move(value);
      }
      return is_in_document_;
    }
    Json& around = open_.back().value;
    if (around.is_array()) {
      around.push_back(std::move(value));
    } else {
      around[key_] = std::move(value);
    }
    return true;
  }

  UniIdDocument& document_;
  bool is_in_document_ = false;
  std::vector<Open> open_;
  std::string key_;
};

}  // namespace

std::optional<UniIdDocument> UniIdDocument::parse(std::string_view text) {
  UniIdDocument document;
  Builder builder(document);
  return Json::sax_parse(text, &builder) ? std::optional(std::move(document)) : std::nullopt;
}

const Json* UniIdDocument::find(const std::string& key) const {
  const auto place = places_.find(key);
  return place == places_.end() ? nullptr : &members_[place->second].second;
}

Json& UniIdDocument::operator[](const std::string& key) {
  const auto [place, is_new] = places_.try_emplace(key, members_.size());
  if (is_new) {
    members_.emplace_back(key, Json());
  }
  return members_[place->second].second;
}

std::size_t UniIdDocument::remove_if(const std::function<bool(const Member&)>& wanted) {
  const std::size_t removed = std::erase_if(members_, wanted);
  if (removed != 0) {
    places_.clear();
    for (std::size_t place = 0; place < members_.size(); ++place) {
      places_.emplace(members_[place].first, place);
    }
  }
  return removed;
}

std::string UniIdDocument::text() const {
  constexpr int kIndent = 2;
  const auto text_of = [](const Json& json) {
    return json.dump(kIndent, ' ', true, Json::error_handler_t::replace);
  };
  std::string text;
  for (const auto& [key, value] : members_) {
    text += text.empty() ? "{\n" : ",\n";
    text.append(kIndent, ' ');
    text += text_of(key);
    text += ": ";
    for (const char c : text_of(value)) {
      text += c;
      if (c == '\n') {  // those of a text are written as \n
        text.append(kIndent, ' ');
      }
    }
  }
  return text.empty() ? "{}" : text + "\n}";
}

}  // namespace wemol::queue
