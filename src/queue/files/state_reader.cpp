#include "state_reader.h"

#include <algorithm>
#include <optional>

#include "bounded_json.h"
#include "job_json.h"

namespace wemol::queue {
namespace {

using Json = nlohmann::ordered_json;

std::optional<JobId> id_in(const Json& record, const char* key) {
  const auto found = record.find(key);
  return found != record.end() && found->is_number_unsigned() ? std::optional(found->get<JobId>())
                                                              : std::nullopt;
}

std::optional<std::string> string_at(const Json& record, const char* key) {
  const auto found = record.find(key);
  return found != record.end() && found->is_string() ? std::optional(found->get<std::string>())
                                                     : std::nullopt;
}

}  // namespace

void StateReader::take_line(std::string_view line) {
  constexpr int kDeepest = 8;
  const Json records = parse_bounded_json(line, kDeepest);
  bool is_good = records.is_array();
  for (std::size_t at = 0; is_good && at < records.size(); ++at) {
    is_good = records[at].is_object() && take_record(records[at]);
  }
  bad_lines_ += is_good ? 0 : 1;
}

bool StateReader::take_record(const Json& record) {
  if (const auto format = record.find("format"); format != record.end()) {
    is_newer_ = is_newer_ || !format->is_number_integer() || format->get<int>() > kStateFormat;
    return true;
  }
  if (const auto last_id = id_in(record, "last_id")) {
    loaded_.state.last_id = std::max(loaded_.state.last_id, *last_id);
    return true;
  }
  if (const auto id = id_in(record, "forgotten_job")) {
    loaded_.state.jobs.erase(*id);
    return true;
  }
  if (const auto name = string_at(record, "forgotten_queue")) {
    loaded_.state.queues.erase(*name);
    return true;
  }
  return record.contains("job")     ? take_job(record)
         : record.contains("queue") ? take_queue(record)
                                    : record.contains("block_file") && take_blocks(record);
}

bool StateReader::take_job(const Json& record) {
  auto job = job_from_json(record["job"]);
  if (!job) {
    return false;
  }
  SchedulerState& state = loaded_.state;
  state.last_id = std::max(state.last_id, job->id);
  state.queues.try_emplace(job->spec.queue);  // its own line may be lost
  const JobId id = job->id;
  state.jobs.insert_or_assign(id, std::move(*job));
  return true;
}

bool StateReader::take_queue(const Json& record) {
  const auto name = string_at(record, "queue");
  const auto found = record.find("state");
  const auto queue = found == record.end() ? std::nullopt : queue_from_json(*found, now_);
  if (!name || !queue) {
    return false;
  }
  loaded_.state.queues.insert_or_assign(*name, *queue);
  return true;
}

bool StateReader::take_blocks(const Json& record) {
  const auto file = string_at(record, "block_file");
  const auto jobs = record.find("jobs");
  if (!file || jobs == record.end() || !jobs->is_array()) {
    return false;
  }
  std::vector<JobId> ids;
  for (const Json& id : *jobs) {
    if (!id.is_number_unsigned()) {
      return false;
    }
    ids.push_back(id.get<JobId>());
  }
  loaded_.blocks.insert_or_assign(*file, std::move(ids));
  return true;
}

}  // namespace wemol::queue
