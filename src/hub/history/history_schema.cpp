#include "history_schema.h"

#include <fmt/format.h>

namespace wemol::hub {
namespace {

/// "WMLH": whose file it is.
constexpr std::int64_t kApplication = 0x574D4C48;

constexpr const char* kTables = R"(
CREATE TABLE host (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE,
  folded INTEGER NOT NULL DEFAULT 0,  -- rows of the journal up to here are in the chunks
  forgotten INTEGER NOT NULL DEFAULT 0);
CREATE TABLE metric (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE journal (
  id INTEGER PRIMARY KEY,
  host INTEGER NOT NULL,
  time INTEGER NOT NULL,   -- seconds since 1970
  figures BLOB NOT NULL);  -- figure_row.h
CREATE TABLE chunk (
  key INTEGER PRIMARY KEY,  -- level.h
  steps BLOB NOT NULL);     -- chunk.h
CREATE TABLE mark (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;
)";

Result<void> create(const Database& database) {
  auto transaction = Transaction::begin(database);
  if (!transaction) {
    return tl::make_unexpected(transaction.error());
  }
  if (auto done = database.execute(kTables); !done) {
    return done;
  }
  const auto marked = database.execute(fmt::format(
      "PRAGMA application_id = {}; PRAGMA user_version = {}", kApplication, kHistoryVersion));
  return marked ? transaction->commit() : marked;
}

Result<void> prepare(const Database& database) {
  // Pages of 8 KiB: chunks have some tens of these. Each commit waits for the disk: there is one a
  // second.
  auto set = database.execute(
      "PRAGMA page_size = 8192; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
      "PRAGMA journal_size_limit = 16777216; PRAGMA cache_size = -8192");
  if (!set) {
    return set;
  }
  const auto application = database.integer("PRAGMA application_id");
  const auto version = database.integer("PRAGMA user_version");
  const auto tables = database.integer("SELECT count(*) FROM sqlite_schema");
  for (const auto* const answer : {&application, &version, &tables}) {
    if (!*answer) {
      return tl::make_unexpected(answer->error());
    }
  }
  if (*tables == 0) {
    return create(database);
  }
  if (*application != kApplication) {
    return failure("this is no history of wemol-hub");
  }
  if (*version != kHistoryVersion) {
    return failure(fmt::format(
        "its version is {}, this program writes {}: install the program that wrote it, or move "
        "the file away to begin a new one",
        *version, kHistoryVersion));
  }
  return {};
}

}  // namespace

Result<Database> open_history(const std::filesystem::path& path) {
  auto database = Database::open(path);
  if (!database) {
    return database;
  }
  if (const auto fine = prepare(*database); !fine) {
    return failure(fmt::format("{}: {}", path.string(), fine.error().message), fine.error().code);
  }
  return database;
}

}  // namespace wemol::hub
