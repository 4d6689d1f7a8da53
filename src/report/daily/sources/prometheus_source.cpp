#include "prometheus_source.h"

#include <algorithm>
#include <iterator>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "prometheus_answer.h"
#include "source_answer.h"
#include "web_url.h"

namespace wemol::report::daily {
namespace {

constexpr std::uint64_t kMostAnswerBytes = std::uint64_t{64} << 20;

using CardsAnswer = Result<std::map<unsigned, PrometheusCard>>;

/// The ends of the buckets of a day, up to the one that goes on now.
std::vector<std::int64_t> bucket_ends(const Day& day, const FetchLimits& limits) {
  std::vector<std::int64_t> ends;
  const std::int64_t step = bucket_seconds(limits.points);
  for (std::int64_t end = day.begin_epoch + step;
       end <= day.end_epoch && end - step < limits.now_epoch; end += step) {
    ends.push_back(end);
  }
  return ends;
}

bool is_amd(const std::string& uuid) {
  return uuid.starts_with("AMD-") || uuid.find(':') != std::string::npos;  // or a PCI address
}

/// One node, day by day with three questions each. It keeps itself by those that are under way.
class PrometheusNode : public std::enable_shared_from_this<PrometheusNode> {
 public:
  PrometheusNode(web::Client& client, NodeSettings node, std::vector<Day> days,
                 const FetchLimits& limits, NodeDaysDone done)
      : client_(client),
        node_(std::move(node)),
        days_(std::move(days)),
        limits_(limits),
        done_(std::move(done)) {}

  void begin_day() {
    while (found_.size() < days_.size()) {
      const Day& day = days_[found_.size()];
      ends_ = bucket_ends(day, limits_);
      if (!ends_.empty() && silence_.empty()) {
        ask_all(day);
        return;
      }
      NodeDay empty{.node = node_.name,
                    .expected_buckets = static_cast<std::int64_t>(ends_.size())};
      if (!ends_.empty()) {
        empty.failure = silence_;
      }
      found_.push_back(std::move(empty));
    }
    done_(std::move(found_));
  }

 private:
  void ask_all(const Day& day) {
    const std::int64_t step = bucket_seconds(limits_.points);
    const auto queries = prometheus_queries(node_, step, day.end_epoch - day.begin_epoch);
    running_ = 3;  // NOLINT(readability-magic-numbers): those below
    ask(queries.utilization, ends_.front(), step, utilization_);
    ask(queries.memory, ends_.front(), step, memory_);
    ask(queries.models, ends_.back(), step, models_);
  }

  void ask(const std::string& query, std::int64_t from, std::int64_t step, CardsAnswer& into) {
    const std::string target = fmt::format("/api/v1/query_range?query={}&start={}&end={}&step={}",
                                           web::escaped_for_query(query), from, ends_.back(), step);
    client_.ask({.url = node_.url + target},
                {.patience = limits_.timeout, .answer_bytes = kMostAnswerBytes},
                [self = shared_from_this(), &into](const Result<web::Answer>& answer) {
                  into = self->read(answer);
                  if (--self->running_ == 0) {
                    self->end_day();
                  }
                });
  }

  CardsAnswer read(const Result<web::Answer>& answer) {
    constexpr unsigned kBadQuery = 400;  // what is wrong is in the answer
    if (answer && (answer->is_success() || answer->status == kBadQuery)) {
      return parse_series(answer->body);
    }
    silence_ = answer ? silence_ : answer.error().message;
    return tl::make_unexpected(json_of(answer).error());
  }

  void end_day() {
    NodeDay day{.node = node_.name,
                .vendor = Vendor::nvidia,
                .expected_buckets = static_cast<std::int64_t>(ends_.size())};
    if (!utilization_ && !memory_) {
      day.failure = utilization_.error().message;
    }
    std::set<unsigned> indices;
    for (const CardsAnswer* answer : {&utilization_, &memory_, &models_}) {
      if (*answer) {
        std::ranges::transform(**answer, std::inserter(indices, indices.end()),
                               [](const auto& card) { return card.first; });
      }
    }
    for (unsigned i = 0; i < node_.cards.size(); ++i) {
      indices.insert(i);
    }
    for (const unsigned index : indices) {
      day.cards.push_back(card_day(index));
      if (is_amd(day.cards.back().uuid)) {
        day.vendor = Vendor::amd;
      }
    }
    if (day.cards.empty() && !day.failure) {
      day.failure = "its Prometheus has no GPUs of it (labels host and instance)";
    }
    found_.push_back(std::move(day));
    begin_day();
  }

  [[nodiscard]] CardDay card_day(unsigned index) const {
    CardDay card{.index = index};
    if (index < node_.cards.size()) {
      card.card = node_.cards[index];
    }
    static const PrometheusCard none;
    const auto part = [index](const CardsAnswer& answer) -> const PrometheusCard& {
      const auto found = answer ? answer->find(index) : decltype(answer->find(index)){};
      return answer && found != answer->end() ? found->second : none;
    };
    for (const CardsAnswer* answer : {&utilization_, &memory_, &models_}) {
      card.uuid = part(*answer).uuid.empty() ? card.uuid : part(*answer).uuid;
    }
    card.name = part(models_).model;
    const auto& utilization = part(utilization_).values;
    const auto& memory = part(memory_).values;
    const auto value_at = [](const std::map<std::int64_t, Number>& values, std::int64_t end) {
      const auto found = values.find(end);
      return found == values.end() ? std::nullopt : std::optional(found->second);
    };
    if (!utilization.empty() || !memory.empty()) {
      for (const std::int64_t end : ends_) {
        card.buckets.push_back({end, value_at(utilization, end), value_at(memory, end)});
      }
    }
    card.failure = failure_of(utilization, memory);
    return card;
  }

  [[nodiscard]] std::optional<std::string> failure_of(
      const std::map<std::int64_t, Number>& utilization,
      const std::map<std::int64_t, Number>& memory) const {
    std::string why;
    const auto add = [&why](std::string_view figure, const CardsAnswer& answer, bool is_empty) {
      if (!answer || is_empty) {
        why += fmt::format("{}{}: {}", why.empty() ? "" : "; ", figure,
                           answer ? "no samples" : answer.error().message);
      }
    };
    add("utilization", utilization_, utilization.empty());
    add("memory", memory_, memory.empty());
    return why.empty() ? std::nullopt : std::optional(why);
  }

  web::Client& client_;
  NodeSettings node_;
  const std::vector<Day> days_;
  const FetchLimits limits_;
  NodeDaysDone done_;
  std::vector<NodeDay> found_;  ///< so the day that is asked for is days_[found_.size()]
  std::vector<std::int64_t> ends_;
  int running_ = 0;
  CardsAnswer utilization_;
  CardsAnswer memory_;
  CardsAnswer models_;
  std::string silence_;  ///< why it is asked no more
};

}  // namespace

void fetch_prometheus_days(web::Client& client, const NodeSettings& node, std::vector<Day> days,
                           const FetchLimits& limits, NodeDaysDone done) {
  std::make_shared<PrometheusNode>(client, node, std::move(days), limits, std::move(done))
      ->begin_day();
}

}  // namespace wemol::report::daily
