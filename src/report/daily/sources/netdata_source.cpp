#include "netdata_source.h"

#include <cerrno>
#include <deque>
#include <memory>
#include <string>
#include <utility>

#include <fmt/format.h>

#include "day_window.h"
#include "netdata_answer.h"
#include "source_answer.h"
#include "web_url.h"

namespace wemol::report::daily {
namespace {

constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 20;
/// Questions to one node at a time. So many in a row without any answer, or all of a day, and it
/// has gone silent.
constexpr std::size_t kSideBySide = 8;

enum class Figure { utilization, memory };

/// One node, from the list of its charts to its last day. It keeps itself by the questions that are
/// under way.
class NetdataNode : public std::enable_shared_from_this<NetdataNode> {
 public:
  NetdataNode(web::Client& client, NodeSettings node, std::vector<Day> days,
              const FetchLimits& limits, NodeDaysDone done)
      : client_(client),
        node_(std::move(node)),
        days_(std::move(days)),
        limits_(limits),
        done_(std::move(done)) {}

  void start() {
    ask("/api/v1/charts", [](NetdataNode& self, const Result<web::Answer>& answer) {
      const auto json = status_checked(answer);
      auto cards = json ? find_cards(json->body, self.node_)
                        : Result<NetdataCards>(tl::make_unexpected(json.error()));
      if (cards && cards->by_index.empty()) {
        cards = failure("its Netdata has no charts of GPUs");
      }
      if (!cards) {
        self.fail_all(cards.error().message);
        return;
      }
      self.cards_ = std::move(*cards);
      self.begin_day();
    });
  }

 private:
  struct Question {
    unsigned index = 0;
    Figure figure = Figure::utilization;
    std::string chart;
  };
  struct CardRows {
    NetdataRows utilization;
    NetdataRows memory;
    std::string failure;
  };

  /// Not parsed twice: whoever takes the text parses it.
  static Result<web::Answer> status_checked(const Result<web::Answer>& answer) {
    if (answer && answer->is_success()) {
      return answer;
    }
    return tl::make_unexpected(json_of(answer).error());
  }

  template <typename Then>
  void ask(const std::string& target, Then then) {
    client_.ask(
        {.url = node_.url + target}, {.patience = limits_.timeout, .answer_bytes = kMostBytes},
        [self = shared_from_this(), then = std::move(then)](const Result<web::Answer>& answer) {
          then(*self, answer);
        });
  }

  void begin_day() {
    window_ = day_window(days_[found_.size()], limits_);
    rows_.clear();
    for (const auto& [index, card] : cards_.by_index) {
      rows_[index];
      if (window_.points == 0) {
        continue;
      }
      add_questions(index, Figure::utilization, card.utilization_charts);
      add_questions(index, Figure::memory, card.memory_charts);
    }
    asked_ = questions_.size();
    ask_more();
  }

  void add_questions(unsigned index, Figure figure, const std::vector<std::string>& charts) {
    if (charts.empty()) {
      add_failure(index, figure, "Netdata has no chart of it");
    }
    for (const std::string& chart : charts) {
      questions_.push_back({index, figure, chart});
    }
  }

  void ask_more() {
    if (silent_ >= kSideBySide) {
      for (const Question& question : std::exchange(questions_, {})) {
        add_failure(question.index, question.figure, silence_);
      }
    }
    // Those that met silence keep their places: else others would be asked before all have met it.
    while (!questions_.empty() && running_ + silent_ < kSideBySide) {
      Question question = std::move(questions_.front());
      questions_.pop_front();
      ++running_;
      const std::string target = fmt::format(
          "/api/v1/data?chart={}&after={}&before={}&points={}&group=average&format=json",
          web::escaped_for_query(question.chart), window_.after_epoch, window_.before_epoch,
          window_.points);
      ask(target,
          [question = std::move(question)](NetdataNode& self, const Result<web::Answer>& answer) {
            --self.running_;
            self.take(question, answer);
            self.ask_more();
          });
    }
    if (running_ == 0 && questions_.empty()) {
      end_day();
    }
  }

  void take(const Question& question, const Result<web::Answer>& answer) {
    silent_ = answer ? 0 : silent_ + 1;
    silence_ = answer ? "" : answer.error().message;
    const auto checked = status_checked(answer);
    auto rows = checked ? parse_rows(checked->body, days_[found_.size()])
                        : Result<NetdataRows>(tl::make_unexpected(checked.error()));
    if (!rows) {
      add_failure(question.index, question.figure, rows.error().message);
      return;
    }
    CardRows& card = rows_[question.index];
    auto& all = question.figure == Figure::utilization ? card.utilization : card.memory;
    for (const auto& [end, value] : *rows) {
      auto& known = all[end];
      known = known ? known : value;
    }
  }

  void add_failure(unsigned index, Figure figure, const std::string& why) {
    std::string& said = rows_[index].failure;
    said += fmt::format("{}{}: {}", said.empty() ? "" : "; ",
                        figure == Figure::utilization ? "utilization" : "memory", why);
  }

  void end_day() {
    NodeDay day{
        .node = node_.name, .vendor = cards_.vendor, .expected_buckets = window_.expected_buckets};
    for (const auto& [index, card] : cards_.by_index) {
      day.cards.push_back(
          {.index = index, .card = card.card, .uuid = card.uuid, .name = card.name});
      fill(day.cards.back(), std::move(rows_[index]));
    }
    if (asked_ > 0 && silent_ >= asked_) {  // not one answer in a whole day
      silent_ = kSideBySide;
    }
    if (silent_ >= kSideBySide) {
      day.failure = silence_;
    }
    found_.push_back(std::move(day));
    if (found_.size() == days_.size()) {
      done_(std::move(found_));
    } else {
      begin_day();
    }
  }

  static void fill(CardDay& card, CardRows rows) {
    std::map<std::int64_t, Bucket> buckets;
    for (const auto& [end, value] : rows.utilization) {
      buckets[end].utilization_percent = value;
    }
    for (const auto& [end, value] : rows.memory) {
      buckets[end].memory_percent = value;
    }
    for (auto& [end, bucket] : buckets) {
      bucket.end_epoch = end;
      card.buckets.push_back(bucket);
    }
    if (!rows.failure.empty()) {
      card.failure = std::move(rows.failure);
    }
  }

  void fail_all(const std::string& why) {
    for (const Day& day : days_) {
      NodeDay failed{.node = node_.name,
                     .failure = why,
                     .expected_buckets = day_window(day, limits_).expected_buckets};
      for (std::size_t i = 0; i < node_.cards.size(); ++i) {
        failed.cards.push_back({.index = static_cast<unsigned>(i), .card = node_.cards[i]});
        failed.cards.back().failure = why;
      }
      found_.push_back(std::move(failed));
    }
    done_(std::move(found_));
  }

  web::Client& client_;
  NodeSettings node_;
  const std::vector<Day> days_;
  const FetchLimits limits_;
  NodeDaysDone done_;
  NetdataCards cards_;
  std::vector<NodeDay> found_;  ///< so the day that is asked for is days_[found_.size()]
  DayWindow window_;
  std::map<unsigned, CardRows> rows_;
  std::deque<Question> questions_;
  std::size_t asked_ = 0;  ///< questions of this day
  std::size_t running_ = 0;
  std::size_t silent_ = 0;
  std::string silence_;  ///< what the last one met
};

}  // namespace

void fetch_netdata_days(web::Client& client, const NodeSettings& node, std::vector<Day> days,
                        const FetchLimits& limits, NodeDaysDone done) {
  if (days.empty()) {
    done({});
    return;
  }
  std::make_shared<NetdataNode>(client, node, std::move(days), limits, std::move(done))->start();
}

}  // namespace wemol::report::daily
