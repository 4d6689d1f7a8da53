#include "try_order.h"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

namespace wemol::queue {
namespace {

using Json = nlohmann::json;

std::string joined(const std::vector<std::string>& texts) {
  return fmt::format("{}", fmt::join(texts, ","));
}

/// "0,1,2": what is left of them when all others are hidden.
std::string counted_from_0(std::size_t count) {
  std::vector<std::string> numbers(count);
  std::ranges::generate(numbers, [i = 0]() mutable { return std::to_string(i++); });
  return joined(numbers);
}

/// Bytes that are no UTF-8 go through JSON as code points below 256.
std::string latin1_to_utf8(std::string_view bytes) {
  std::string text;
  for (const char byte : bytes) {
    const auto code = static_cast<unsigned char>(byte);
    if (code < 0x80) {
      text += byte;
    } else {
      text += static_cast<char>(0xc0 | code >> 6);
      text += static_cast<char>(0x80 | (code & 0x3f));
    }
  }
  return text;
}

std::string utf8_to_latin1(std::string_view text) {
  std::string bytes;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto code = static_cast<unsigned char>(text[i]);
    if (code < 0x80 || i + 1 == text.size()) {
      bytes += text[i];
    } else {
      bytes +=
          static_cast<char>((code & 0x03) << 6 | (static_cast<unsigned char>(text[++i]) & 0x3f));
    }
  }
  return bytes;
}

Json texts_as_json(const std::vector<std::string>& texts) {
  Json json = Json::array();
  for (const std::string& text : texts) {
    json.push_back(latin1_to_utf8(text));
  }
  return json;
}

std::string text_at(const Json& json, const char* key) {
  return utf8_to_latin1(json.at(key).get<std::string>());
}

std::vector<std::string> texts_at(const Json& json, const char* key) {
  auto texts = json.at(key).get<std::vector<std::string>>();
  std::ranges::transform(texts, texts.begin(), utf8_to_latin1);
  return texts;
}

TryOrder order_in(const Json& json) {
  TryOrder order{.job = json.at("job").get<JobId>(),
                 .queue = text_at(json, "queue"),
                 .uni_id = text_at(json, "uni_id"),
                 .user = text_at(json, "user"),
                 .try_number = json.at("try").get<unsigned>(),
                 .commands = texts_at(json, "commands"),
                 .work_dir = text_at(json, "work_dir"),
                 .ending_time = std::chrono::milliseconds(json.at("ending_ms").get<std::int64_t>()),
                 .state_dir = text_at(json, "state_dir"),
                 .log = text_at(json, "log"),
                 .log_max_bytes = json.at("log_max_bytes").get<std::uint64_t>(),
                 .lock_folder = text_at(json, "lock_folder"),
                 .card_uuids = texts_at(json, "cards")};
  const auto names = texts_at(json, "variables");
  const auto values = texts_at(json, "values");
  for (std::size_t i = 0; i < std::min(names.size(), values.size()); ++i) {
    order.environment.emplace_back(names[i], values[i]);
  }
  if (const Json& timeout = json.at("command_timeout_ms"); !timeout.is_null()) {
    order.command_timeout = std::chrono::milliseconds(timeout.get<std::int64_t>());
  }
  return order;
}

}  // namespace

Variables environment_of(JobId job, std::string_view uni_id, const std::vector<Card>& cards) {
  std::vector<std::string> visible;
  std::ranges::transform(cards, std::back_inserter(visible), &Card::visible_as);
  Variables variables{{"CUDA_DEVICE_ORDER", "PCI_BUS_ID"},
                      {"WEMOL_QUEUE_JOB", std::to_string(job)},
                      {"UNI_ID", std::string(uni_id)}};
  if (std::ranges::any_of(cards, &Card::is_amd)) {
    // ROCr hides the others first, and HIP counts those that are left, by either of its names.
    const std::string left = counted_from_0(cards.size());
    variables.emplace_back("ROCR_VISIBLE_DEVICES", joined(visible));
    variables.emplace_back("HIP_VISIBLE_DEVICES", left);
    variables.emplace_back("CUDA_VISIBLE_DEVICES", left);
  } else {
    variables.emplace_back("CUDA_VISIBLE_DEVICES", joined(visible));
  }
  return variables;
}

std::string to_json(const TryOrder& order) {
  std::vector<std::string> names;
  std::vector<std::string> values;
  for (const auto& [name, value] : order.environment) {
    names.push_back(name);
    values.push_back(value);
  }
  Json timeout;
  if (order.command_timeout) {
    timeout = order.command_timeout->count();
  }
  return Json{{"job", order.job},
              {"queue", latin1_to_utf8(order.queue)},
              {"uni_id", latin1_to_utf8(order.uni_id)},
              {"user", latin1_to_utf8(order.user)},
              {"try", order.try_number},
              {"commands", texts_as_json(order.commands)},
              {"work_dir", latin1_to_utf8(order.work_dir.native())},
              {"variables", texts_as_json(names)},
              {"values", texts_as_json(values)},
              {"command_timeout_ms", timeout},
              {"ending_ms", order.ending_time.count()},
              {"state_dir", latin1_to_utf8(order.state_dir.native())},
              {"log", latin1_to_utf8(order.log.native())},
              {"log_max_bytes", order.log_max_bytes},
              {"lock_folder", latin1_to_utf8(order.lock_folder.native())},
              {"cards", texts_as_json(order.card_uuids)}}
      .dump();
}

Result<TryOrder> parse_try_order(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  try {
    return order_in(json);
  } catch (const Json::exception& error) {
    return failure(fmt::format("not an order of a try: {}", error.what()));
  }
}

}  // namespace wemol::queue
